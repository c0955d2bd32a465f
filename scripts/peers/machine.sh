#!/bin/sh
# Prints what machine this is, in a few words.
field() { sed -n "s/^$1[[:space:]]*: //p" /proc/cpuinfo 2>/dev/null | head -1; }
name=$(field 'model name')
vectors=
for f in avx512f avx2; do
  if grep -qsw "$f" /proc/cpuinfo; then vectors=", $f"; break; fi
done
echo "${name:-$(uname -m)} (family $(field 'cpu family'), model $(field model)$vectors), $(nproc) cores, $(uname -s)"
