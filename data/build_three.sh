#!/bin/sh
# Rebuild audio2pose/assets/three.min.js: the part of three.js the player uses, from the npm registry, bundled by esbuild.
# Needs node and npm; run it from anywhere. The page needs neither.
set -eu
here=$(cd "$(dirname "$0")" && pwd); out=$here/../audio2pose/assets; tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cp "$here/three_entry.js" "$tmp/entry.js"
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund three@0.187.0 esbuild@0.28.2
ver=$(node -p "JSON.parse(require('fs').readFileSync('node_modules/three/package.json')).version")
npx esbuild entry.js --bundle --minify --format=iife --global-name=THREE --legal-comments=none --target=es2020 \
  --banner:js="/* three.js $ver with OrbitControls, MIT licence, https://threejs.org (three.LICENSE) */" --outfile=three.min.js
cp three.min.js "$out/three.min.js"
cp node_modules/three/LICENSE "$out/three.LICENSE"
ls -l "$out/three.min.js"
