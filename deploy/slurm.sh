#!/bin/bash
# Trains on several nodes under Slurm, and goes on where an earlier job stopped:
#   sbatch deploy/slurm.sh CONFIG OUT [flags of csl train...]
#
# Edit the resources below. One rank per NUMA node is a good start (lscpu counts them). train.batch is the batch of all
# ranks together. See docs/distributed.md.
#SBATCH --job-name=csl
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
# Ten minutes before the time is up, all ranks are asked to save and end. The job then queues itself again.
#SBATCH --signal=USR1@600
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

usage="usage: sbatch deploy/slurm.sh CONFIG OUT [flags of csl train...]"
config=${1:?$usage}
out=${2:?$usage}
shift 2
csl=${CSL:-csl-mpi}
# How Slurm and the MPI library find each other (srun --mpi=list): pmix for Open MPI, pmi2 for MPICH and its relatives.
mpi=${CSL_SLURM_MPI:-pmix}

if [ -e "$out/last" ]; then
	set -- --resume "$out"
else
	set -- --config "$config" --out "$out" "$@"
fi

code=0
srun --mpi="$mpi" --kill-on-bad-exit=1 "$csl" train "$@" || code=$?
# 130: saved and stopped on request. Anything else is the end, for better or worse.
if [ "$code" = 130 ]; then
	scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
