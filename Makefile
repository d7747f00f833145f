# The usual ways to build Afterimage; `make help` lists them. Everything happens in build/ and
# .deps/; plain CMake (`cmake --preset release`) works as well once scripts/setup has run.
#
# Torch_DIR=DIR   use that LibTorch (its share/cmake/Torch folder) in place of the wheel
# PRESET=debug    debug, asan and ubsan are there too
# PREFIX=DIR      where `make install` installs

MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec

PRESET ?= release
PREFIX ?= /usr/local
export Torch_DIR

build_dir = build/$(PRESET)
configure = cmake --preset $(PRESET) $(if $(Torch_DIR),-DTorch_DIR=$(Torch_DIR)) --log-level=WARNING
compile = cmake --build --preset $(PRESET)
sources = $(shell git ls-files --cached --others --exclude-standard '*.h' '*.cpp')

.PHONY: demo build site test bench format install clean help

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo:  ## build, then simulate a recording, decode it and write demo/report.html
	@scripts/setup >&2
	@$(configure) -DAFTERIMAGE_TESTS=OFF >&2
	@$(compile) --target afterimage >&2
	@$(build_dir)/bin/afterimage demo --out demo --force

build:  ## the program and its unit tests
	@scripts/setup --tests
	@$(configure) -DAFTERIMAGE_TESTS=ON -DAFTERIMAGE_PYTHON_PACKAGE=ON
	@$(compile)

site:  ## the documentation as a static site, build/site, with the notebooks run
	@scripts/setup --tests
	@$(configure) -DAFTERIMAGE_PYTHON_PACKAGE=ON
	@$(compile) --target afterimage_python afterimage_python_commands
	@PYTHONPATH=$(abspath $(build_dir)/python) .deps/python/bin/python -m sphinx -q -W --keep-going \
	  -c docs/site -d build/site-trees docs build/site
	@echo build/site/index.html

test: build  ## build, then run every test
	@ctest --preset $(PRESET) -j $$(nproc)

bench:  ## build the benchmarks and compare with their peers
	@scripts/setup --tests
	@$(configure) -DAFTERIMAGE_TESTS=ON -DAFTERIMAGE_BENCHMARKS=ON
	@$(compile)
	@.deps/python/bin/python benchmarks/compare.py $(build_dir)

format:  ## clang-format all sources
	@clang-format -i $(sources)

install:  ## install into PREFIX
	@scripts/setup
	@$(configure) -DAFTERIMAGE_TESTS=OFF -DCMAKE_INSTALL_PREFIX=$(abspath $(PREFIX))
	@$(compile)
	@cmake --install $(build_dir)

clean:  ## remove build/ and demo/ (.deps/ stays)
	rm -rf build demo
