#!/usr/bin/env bash
# Starts a Slurm of one node (munged, slurmctld, slurmd on loopback) in a temporary folder, runs a command under it, and
# stops it: for tests. Debian, as root. Installs slurm-wlm and munge with apt-get where they are missing.
#
#   scripts/slurm_one_node.sh COMMAND [ARGUMENT...]
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "slurm_one_node.sh: run it as root" >&2; exit 2; }
export PATH=$PATH:/usr/sbin

if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null || ! dpkg -s libpmix-dev >/dev/null 2>&1; then # srun --mpi=pmix opens libpmix.so
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm slurm-wlm-basic-plugins munge libpmix-dev >&2
fi

dir=$(mktemp -d)
chmod 755 "$dir"
pids=()
finish() {
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$dir"
}
trap finish EXIT

node=$(hostname -s)
mkdir "$dir/state" "$dir/spool"
head -c 128 /dev/urandom >"$dir/munge.key"
chmod 400 "$dir/munge.key"
cat >"$dir/slurm.conf" <<END
ClusterName=one
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
KillWait=10
MailProg=/bin/true
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$dir/slurm.conf

munged --foreground --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
	--log-file="$dir/munged.log" --seed-file="$dir/munged.seed" 2>/dev/null &
pids+=($!)
for _ in $(seq 100); do [ -S "$dir/munge.socket" ] && break; sleep 0.1; done
slurmctld -D >/dev/null 2>&1 &
pids+=($!)
slurmd -D -N "$node" >/dev/null 2>&1 &
pids+=($!)
for _ in $(seq 300); do
	case $(sinfo -h -o %T 2>/dev/null) in idle) break ;; esac
	sleep 0.1
done
[ "$(sinfo -h -o %T 2>/dev/null)" = idle ] || {
	echo "slurm_one_node.sh: the node did not become idle" >&2
	tail -n 20 "$dir"/*.log >&2
	exit 1
}
"$@"
