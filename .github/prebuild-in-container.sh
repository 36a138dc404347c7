#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds and tests the Linux addon inside the container that it is run in, with the checkout at /src. The container
# decides which C library and how old a one the binary asks for: manylinux_2_28 for glibc, Node's Alpine image for musl.
set -eu
cd /src

if command -v apk >/dev/null; then
    apk add --no-cache build-base cmake ninja tar xz
else
    command -v cmake >/dev/null || pipx install cmake
    command -v node >/dev/null || { tar -xf "$NODE_ARCHIVE" -C /usr/local --strip-components=1; }
fi

npm ci --ignore-scripts
npm run build:ts
npm run package:binary
PREBUILDS_ONLY=1 npm test
