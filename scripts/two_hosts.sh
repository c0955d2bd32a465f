#!/usr/bin/env bash
# Runs a command as one rank on each of two "hosts": network namespaces joined by a virtual cable, with real TCP between
# them and nothing else (Open MPI's tcp transport; the file system is shared, as on a cluster). Linux, as root, with
# Open MPI and iproute2.
#
#   scripts/two_hosts.sh [--cut SECONDS] [--rate RATE] COMMAND [ARGUMENT...]
#
# --cut pulls the cable after so many seconds; --rate limits it, for example to 1gbit. CSL_* variables are passed on.
set -euo pipefail
usage() { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
cut="" rate=""
while [ $# -gt 0 ]; do
	case $1 in
	--cut) cut=${2:?}; shift 2 ;;
	--rate) rate=${2:?}; shift 2 ;;
	-*) usage ;;
	*) break ;;
	esac
done
[ $# -gt 0 ] || usage
[ "$(id -u)" = 0 ] || { echo "two_hosts.sh: run it as root" >&2; exit 2; }
export PATH=$PATH:/usr/sbin

a=csl-a-$$ b=csl-b-$$
work=$(mktemp -d)
cutter=""
finish() {
	[ -z "$cutter" ] || kill "$cutter" 2>/dev/null || true
	# What still runs there lost its network or its parent.
	for n in $a $b; do
		for p in $(ip netns pids $n 2>/dev/null); do kill -9 "$p" 2>/dev/null || true; done
		ip netns del $n 2>/dev/null || true
	done
	rm -rf "$work"
}
trap finish EXIT

ip netns add $a
ip netns add $b
ip link add veth0 netns $a type veth peer name veth0 netns $b
for n in "$a 10.77.0.1" "$b 10.77.0.2"; do
	ns=${n% *} address=${n#* }
	ip -n "$ns" addr add "$address/24" dev veth0
	ip -n "$ns" link set veth0 up
	ip -n "$ns" link set lo up
	[ -z "$rate" ] || ip netns exec "$ns" tc qdisc add dev veth0 root tbf rate "$rate" burst 256kb latency 50ms
done

# Each host has a name of its own, else Open MPI would take both for one and use shared memory.
cat >"$work/inside" <<END
#!/bin/sh
# inside NAMESPACE NAME COMMAND...
ns=\$1 name=\$2; shift 2
exec ip netns exec "\$ns" unshare --uts sh -c 'hostname "\$0"; exec "\$@"' "\$name" "\$@"
END
# In place of ssh: HOST COMMAND... .
cat >"$work/agent" <<END
#!/bin/sh
shift
exec "$work/inside" $b host-b sh -c "\$*"
END
chmod +x "$work/inside" "$work/agent"

if [ -n "$cut" ]; then
	(sleep "$cut"; date +%s%N >"$work/cut"; echo "two_hosts.sh: the cable is out" >&2; ip -n $a link set veth0 down) &
	cutter=$!
fi
pass=()
for v in $(compgen -e CSL_ || true); do pass+=(-x "$v"); done
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
code=0
"$work/inside" $a host-a mpirun.openmpi -n 2 --host 10.77.0.1:1,10.77.0.2:1 --map-by node --bind-to none \
	--mca plm_rsh_agent "$work/agent" --mca btl self,tcp --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
	-x PATH "${pass[@]}" "$@" || code=$?
if [ -s "$work/cut" ]; then
	awk -v a="$(cat "$work/cut")" -v b="$(date +%s%N)" 'BEGIN { printf "two_hosts.sh: all ended %.1f s after that\n", (b - a) / 1e9 }' >&2
fi
exit $code
