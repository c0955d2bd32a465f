#!/usr/bin/env bash
# Runs a static linux/amd64 program, such as a Go test binary, on an emulated processor with AVX-512 (Bochs:
# Skylake-X; F, DQ, BW, VL, CD) for machines that have none. About 1/100 of the speed of a real one.
#
#   scripts/avx512/run.sh [-C DIR] [-t SECONDS] [-m MIB] PROGRAM [ARG...]
#
#   -C DIR      start in a copy of this folder (a package's, for its testdata); default: an empty one
#   -t SECONDS  give up after so much real time; default 3600
#   -m MIB      memory of the emulated machine; default 1024
#
# Example:
#   CGO_ENABLED=0 go test -c -o /tmp/kernel.test ./internal/kernel/kerneltest
#   scripts/avx512/run.sh /tmp/kernel.test -test.timeout=0 -test.v -test.run TestEverySetComplies/avx512
#
# Standard output and error of the program arrive together on standard output, and its exit status is ours; 124
# when the time is up, 125 when the emulation itself failed. CSL_* and GO* variables are passed on. A second in there
# is 20 million instructions, whatever they take: pass -test.timeout=0 to tests.
#
# Needs Debian's bochs, bochs-term, bochsbios, vgabios, isolinux, syslinux-common, genisoimage and cpio, which it
# installs where they are missing, and Debian's cloud kernel, which it unpacks into ~/.cache/csl-avx512 without
# installing it. A Bochs without debugger is about 3 times as fast: scripts/avx512/bochs.sh builds one, used then.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/csl-avx512
ips=20000000 # emulated instructions per emulated second: few, so that waiting at boot is short

usage() { sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0" >&2; exit 125; }
fail() { echo "avx512: $*" >&2; exit 125; }

dir= limit=3600 memory=1024
while getopts C:t:m: o; do
	case $o in
	C) dir=$OPTARG ;;
	t) limit=$OPTARG ;;
	m) memory=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage
[ -f "$1" ] || fail "no such program: $1"
[ -z "$dir" ] || [ -d "$dir" ] || fail "no such folder: $dir"

root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

packages() { # installs what is missing
	local missing=()
	[ -x "$cache/bochs" ] || command -v bochs-bin >/dev/null || missing+=(bochs)
	[ -x "$cache/bochs" ] || compgen -G '/usr/lib/*/bochs/plugins/libbx_term_gui.so' >/dev/null || missing+=(bochs-term)
	[ -e /usr/share/bochs/BIOS-bochs-latest ] || missing+=(bochsbios)
	[ -e /usr/share/vgabios/vgabios-stdvga.bin ] || missing+=(vgabios)
	[ -e /usr/lib/ISOLINUX/isolinux.bin ] || missing+=(isolinux)
	[ -e /usr/lib/syslinux/modules/bios/ldlinux.c32 ] || missing+=(syslinux-common)
	command -v genisoimage >/dev/null || missing+=(genisoimage)
	command -v cpio >/dev/null || missing+=(cpio)
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "installing ${missing[*]}" >&2
	root apt-get update -qq
	root apt-get install -y -qq "${missing[@]}" >&2
}

kernel() { # unpacks Debian's cloud kernel: small, LZ4, serial line built in
	[ ! -e "$cache/vmlinuz" ] || return 0
	mkdir -p "$cache"
	local package
	package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ { print $2; exit }')
	[ -n "$package" ] || fail "apt knows no linux-image-cloud-amd64: run apt-get update"
	echo "fetching $package" >&2
	(cd "$tmp" && apt-get download "$package" >&2 && dpkg -x "$package"_*.deb kernel)
	cp "$tmp"/kernel/boot/vmlinuz-* "$cache/vmlinuz.part"
	mv "$cache/vmlinuz.part" "$cache/vmlinuz"
}

initramfs() { # program, arguments: init, the program and the folder, in an archive
	local r=$tmp/root
	mkdir -p "$r"/{proc,sys,dev,tmp,run/dir}
	(cd "$here" && CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -ldflags='-s -w' -o "$r/init" ./init)
	cp "$1" "$r/run/program"
	chmod +x "$r/run/program"
	[ -z "$dir" ] || cp -r "$dir/." "$r/run/dir/"
	shift
	printf '%s\0' /run/program "$@" >"$r/run/args"
	{
		printf '%s\0' PATH=/run HOME=/tmp TMPDIR=/tmp
		env -0 | grep -zE '^(CSL_|GO)[A-Z0-9_]*=' || true
	} >"$r/run/env"
	(cd "$r" && find . | cpio -o -H newc --quiet) >"$tmp/cd/initrd"
}

disc() { # the kernel and the archive, bootable
	# Of the parameters, clearcpuid is needed: Bochs reports a size for XSAVES that Linux refuses, and then uses no
	# AVX at all. The rest saves time: no self-tests of ciphers, certificates, security modules, tracing.
	local skip=load_system_certificate_list,trace_eval_init,tracer_init_tracefs,init_kprobe_trace
	skip+=,cubictcp_register,bpf_rstat_kfunc_init
	cp "$cache/vmlinuz" "$tmp/cd/vmlinuz"
	cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$tmp/cd/isolinux"
	cat >"$tmp/cd/isolinux/isolinux.cfg" <<-END
		DEFAULT csl
		PROMPT 0
		LABEL csl
		LINUX /vmlinuz
		INITRD /initrd
		APPEND console=ttyS0,115200 quiet loglevel=2 panic=-1 reboot=t clearcpuid=xsaves,xsavec tsc=reliable tsc_early_khz=$((ips / 1000)) no_timer_check nokaslr mitigations=off random.trust_cpu=on audit=0 lsm= cryptomgr.notests initcall_blacklist=$skip
	END
	genisoimage -quiet -o "$tmp/cd.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat \
		-no-emul-boot -boot-load-size 4 -boot-info-table "$tmp/cd"
}

machine() { # display library: Bochs' settings
	cat >"$tmp/bochsrc" <<-END
		config_interface: textconfig
		display_library: $1
		cpu: model=corei7_skylake_x, count=1, ips=$ips, reset_on_triple_fault=0
		memory: guest=$memory, host=$memory
		romimage: file=/usr/share/bochs/BIOS-bochs-latest
		vgaromimage: file=/usr/share/vgabios/vgabios-stdvga.bin
		ata0-master: type=cdrom, path=$tmp/cd.iso, status=inserted
		boot: cdrom
		clock: sync=none, time0=utc
		com1: enabled=1, mode=file, dev=$tmp/serial
		log: $tmp/bochs.log
		panic: action=fatal
		error: action=ignore
		info: action=ignore
		debug: action=ignore
	END
}

emulate() { # starts Bochs in the background, as $bochs
	: >"$tmp/serial"
	if [ -x "$cache/bochs" ]; then
		machine nogui
		timeout -s KILL -k 1 "$limit" "$cache/bochs" -q -f "$tmp/bochsrc" </dev/null >"$tmp/out" 2>&1 &
	else
		machine term
		echo continue >"$tmp/commands" # Debian's Bochs starts in its debugger
		TERM=linux timeout -s KILL -k 1 "$limit" bochs-bin -q -f "$tmp/bochsrc" -rc "$tmp/commands" </dev/null >"$tmp/out" 2>&1 &
	fi
	bochs=$!
}

finish() {
	[ -z "${bochs:-}" ] || kill "$bochs" 2>/dev/null || true
	rm -rf "$tmp"
}

tmp=$(mktemp -d)
trap finish EXIT
trap 'exit 130' INT TERM
mkdir -p "$tmp/cd/isolinux"
packages
kernel
initramfs "$@"
disc
emulate
code=0
{ # without the shell's word on it: Debian's Bochs often ends with a segmentation fault, after the machine is off
	tail -n +1 -s 0.2 -f --pid="$bochs" "$tmp/serial" | sed -u 's/\r$//; /^csl-avx512: exit status/,$d'
	wait "$bochs" || code=$?
} 2>/dev/null
bochs=
status=$(tr -d '\r' <"$tmp/serial" | sed -n 's/^csl-avx512: exit status //p' | tail -1)
[ -z "$status" ] || exit "$status"
if [ "$code" = 137 ]; then
	echo "avx512: stopped after $limit s (-t gives more)" >&2
	exit 124
fi
tail -5 "$tmp/bochs.log" >&2 || true
fail "the emulated machine ended before the program did (Bochs: exit status $code)"
