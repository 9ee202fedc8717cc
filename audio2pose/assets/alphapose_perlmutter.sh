#!/bin/bash
# Installs AlphaPose on NERSC's Perlmutter. Run it again after anything went wrong: it goes on where it stopped.
#
#   ACCOUNT=m1234 bash alphapose_perlmutter.sh            DRY_RUN=1 prints what would be done
#
# ACCOUNT      project whose GPU hours and $CFS folder are used
# PREFIX       where it goes: $CFS/$ACCOUNT/alphapose, or $SCRATCH/alphapose where there is no $CFS
# CUDA_MODULE  cudatoolkit/12.4; must have the same major version as TORCH's CUDA
# TORCH        packages of PyTorch, built for CUDA 12
# MODEL        whose weights are looked for: hybrik, halpe136, halpe26 or coco
# A2P_PYTHON   a Python that has audio2pose
# AlphaPose is free for non-commercial research only; SMPL has a licence of its own.
set -euo pipefail

COMMIT=c60106d19afb443e964df6f06ed1842962f5f1f7
ACCOUNT=${ACCOUNT:-${SBATCH_ACCOUNT:-}}
CUDA_MODULE=${CUDA_MODULE:-cudatoolkit/12.4}
TORCH=${TORCH:-torch==2.6.0 torchvision==0.21.0}
DRY_RUN=${DRY_RUN:-}
MODEL=${MODEL:-hybrik}
A2P_PYTHON=${A2P_PYTHON:-$(command -v python || command -v python3 || true)}
if [ -z "${PREFIX:-}" ]; then
    if [ -n "${CFS:-}" ] && [ -n "$ACCOUNT" ]; then PREFIX=$CFS/$ACCOUNT/alphapose
    else PREFIX=${SCRATCH:?set PREFIX, or run this on Perlmutter}/alphapose; fi
fi
CHECKOUT=$PREFIX/AlphaPose
PY=$PREFIX/env/bin/python
DONE=$PREFIX/done

say() { echo "alphapose: $*"; }
die() { echo "alphapose: $*" >&2; exit 1; }
run() { if [ -n "$DRY_RUN" ]; then printf '  would run:'; printf ' %q' "$@"; echo; else "$@"; fi; }
a2p() { run "$A2P_PYTHON" -c "from audio2pose.alphapose import *; $1" "${@:2}"; }

step() { # name, what it is for people, function
    if [ -e "$DONE/$1" ]; then say "$1: done before"; return; fi
    say "$1: $2"
    "$3" || die "$1 failed. What was done stays; mend the cause and run this script again"
    [ -n "$DRY_RUN" ] || touch "$DONE/$1"
}

on_gpu() { # a command, here if there is a GPU, else on a GPU node
    if nvidia-smi -L >/dev/null 2>&1; then run "$@"
    else
        [ -n "$ACCOUNT" ] || { say 'set ACCOUNT to the project whose GPU hours this may use'; return 1; }
        run srun -A "$ACCOUNT" -C gpu -q debug -t 00:30:00 -n 1 -c 32 --gpus=1 "$@"
    fi
}

modules() {
    command -v module >/dev/null || die 'there is no module command here: run this on Perlmutter, in a login shell'
    set +u
    if ! { run module load python && run module load "$CUDA_MODULE"; }; then die "module load $CUDA_MODULE failed; see: module avail cudatoolkit"; fi
    set -u
    [ -z "$DRY_RUN" ] || return 0
    local v
    v=$(nvcc --version | sed -n 's/.*release \([0-9]*\).*/\1/p')
    [ "${v:-0}" -ge 12 ] || die "nvcc is of CUDA ${v:-unknown}, expected 12 or later; set CUDA_MODULE"
}

make_env() { # conda leaves a half-made folder when it is stopped
    [ -n "$DRY_RUN" ] || rm -rf "$PREFIX/env"
    run conda create -y -q -p "$PREFIX/env" python=3.11 pip
}
torch() { # shellcheck disable=SC2086
    run "$PY" -m pip install --no-input $TORCH
}
packages() {
    run "$PY" -m pip install --no-input 'numpy<3' cython 'setuptools>=70' wheel ninja scipy matplotlib opencv-python-headless tqdm easydict \
        pyyaml natsort pycocotools munkres gdown tensorboardx terminaltables &&
    run "$PY" -m pip install --no-input --no-build-isolation halpecocotools
}
clone() {
    if [ ! -d "$CHECKOUT/.git" ]; then
        [ -n "$DRY_RUN" ] || rm -rf "$CHECKOUT.part"
        run git clone -q https://github.com/MVIG-SJTU/AlphaPose.git "$CHECKOUT.part" && run mv "$CHECKOUT.part" "$CHECKOUT" || return 1
    fi
    run git -C "$CHECKOUT" checkout -q "$COMMIT"
}
patch() { a2p 'import sys; print(*patch_alphapose(sys.argv[1]) or ["patched before"], sep="\n")' "$CHECKOUT"; }
build() {
    on_gpu env -C "$CHECKOUT" TORCH_CUDA_ARCH_LIST=8.0 MAX_JOBS=8 CUDA_HOME="${CUDA_HOME:-${CUDATOOLKIT_HOME:-}}" "$PY" setup.py build_ext --inplace
}
try_it() {
    run env -C "$CHECKOUT" PYTHONPATH="$CHECKOUT" "$PY" -c 'import torch; from detector.nms import nms_wrapper
from alphapose.utils.roi_align import RoIAlign; from alphapose.models import builder; from alphapose.models.layers import dcn'
}
weights() { # by hand: they lie behind pages that ask for consent. Not true while some are missing
    local smpl=$CHECKOUT/model_files/basicModel_neutral_lbs_10_207_0_v1.0.0.pkl
    if [ -e "$smpl" ] && [ ! -e "$DONE/smpl" ]; then
        a2p 'import sys; print("plain arrays in", plain_smpl(sys.argv[1]))' "$smpl" || die "$smpl: could not be rewritten without chumpy"
        [ -n "$DRY_RUN" ] || touch "$DONE/smpl"
    fi
    a2p 'import sys
m = alphapose_missing(sys.argv[2], "reid", checkout=sys.argv[1], cuda=False)
for what, where, get in m: print(f"  {what}: put at {where}, from {get}")
sys.exit(3 if m else 0)' "$CHECKOUT" "$MODEL"
}

if [ -z "$A2P_PYTHON" ] || ! "$A2P_PYTHON" -c 'import audio2pose' 2>/dev/null; then
    die "A2P_PYTHON=$A2P_PYTHON has no audio2pose; install it there first"
fi
say "into $PREFIX"
[ -n "$DRY_RUN" ] || mkdir -p "$DONE"
modules
step env 'conda environment with Python 3.11' make_env
step torch "$TORCH" torch
step packages 'what AlphaPose imports' packages
step clone "AlphaPose at ${COMMIT:0:7}" clone
step patch 'positions of the dancers, current PyTorch and NumPy' patch
step build 'extensions for the A100, 5 to 10 minutes' build
step try 'import what was built' try_it
say "weights for MODEL=$MODEL:"
weights || { say "put these files in place and run this script again to check them"; exit 3; }
say "ready. In your jobs: export ALPHAPOSE=$CHECKOUT, and use $PY"
