# make demo    dance to the bundled song (or SONG=my.mp3) into ./out (or OUT=folder)
# make test    every check, as continuous integration runs them
# make help    the rest
OUT ?= out
SONG ?=
ARGS ?=
BIN = .venv/bin
export PLOTLY_RENDERER = plotly_mimetype

.DEFAULT_GOAL := help
.PHONY: help demo test setup prepare readme docs lab version lock clean

help:             ## this list
	@awk -F ' *## ' '/^[a-z]+:.*##/ {split($$1, t, ":"); printf "make %-10s %s\n", t[1], $$2}' Makefile

demo:             ## generate a dance for the bundled song; SONG=my.mp3 OUT=folder ARGS="--seed 3"
	@./.ci/setup demo
	@$(BIN)/audio2pose generate $(if $(SONG),"$(SONG)") -o "$(OUT)" $(ARGS)

test:             ## run every check; ARGS="notebooks cli" runs only those groups
	@./.ci/setup test
	@$(BIN)/python tests/run.py $(ARGS)

setup:            ## make .venv with everything a contributor needs
	@./.ci/setup test

prepare: setup    ## before a commit: export, clean, README, style
	@$(BIN)/nbdev-export
	@$(BIN)/nbdev-clean
	@$(BIN)/python .ci/readme.py
	@$(BIN)/chkstyle nbs

readme: setup     ## write README.md from nbs/index.ipynb
	@$(BIN)/python .ci/readme.py

docs: setup       ## build the site; open site/index.html, it needs no network
	@$(BIN)/python docs/build.py

lab: setup        ## open JupyterLab on the notebooks
	@$(BIN)/jupyter lab nbs

version:          ## copy the version of settings.ini into the package
	@v=$$(sed -n 's/^version *= *//p' settings.ini); sed -i.bak "s/^__version__ = .*/__version__ = \"$$v\"/" audio2pose/__init__.py; \
	rm -f audio2pose/__init__.py.bak; grep __version__ audio2pose/__init__.py

lock: setup       ## write requirements.lock from what .venv holds
	@sed -n '/^#/p' requirements.lock > .lock.tmp
	@$(BIN)/python -m pip freeze --all --exclude audio2pose --exclude pip --exclude wheel | grep -v -e '^-e' -e '@' | sed 's/+cpu//' >> .lock.tmp
	@sed -n '/^[^#].*;/p' requirements.lock >> .lock.tmp
	@mv .lock.tmp requirements.lock

clean:            ## remove what the commands made, but not .venv
	@rm -rf out build dist *.egg-info _proc _docs site docs/_build .pytest_cache
	@find audio2pose tests -name __pycache__ -type d -prune -exec rm -rf {} +
