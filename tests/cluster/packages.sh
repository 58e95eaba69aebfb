# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Installs what building and the cluster lab need and this machine lacks. To be sourced by scripts that run as root on Debian.
# The machine's own time keeping is left alone: chrony is unpacked beside the build, not installed (its package would replace
# systemd-timesyncd), and a corosync or pacemaker installed here is neither started nor enabled.

TG_BUILD_PACKAGES="gcc libc6-dev cmake ninja-build pkg-config libcpg-dev libquorum-dev libvotequorum-dev libcmap-dev
libcorosync-common-dev libqb-dev libsystemd-dev libjson-c-dev libinih-dev libsmartcols-dev libcmocka-dev"
TG_LAB_PACKAGES="corosync iproute2 util-linux python3"
TG_GATE_PACKAGES="systemd-container dbus pacemaker pacemaker-cli-utils pacemaker-resource-agents"
TG_CHRONY_NEEDS="libcap2 libedit2 libgnutls30 libnettle8 libseccomp2"
TG_APT_WAIT_S=300
TG_POLICY="# timeguard's, for as long as it installs packages"

tg_missing() {
        for package in "$@"; do
                dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf '%s ' "$package"
        done
}

# apt-get that asks nothing, keeps the machine's configuration files, and waits while another one runs: a fresh machine updates
# itself at its first boot.
tg_apt() {
        DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -o DPkg::Lock::Timeout=$TG_APT_WAIT_S \
                -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" </dev/null >>"$tg_log" 2>&1
}

# The lock of the lists is one that apt-get does not wait for.
tg_apt_update() {
        waited_s=0
        until : >"$tg_log" && tg_apt update; do
                grep -q lists/lock "$tg_log" && [ $waited_s -lt $TG_APT_WAIT_S ] || return 1
                sleep 2
                waited_s=$((waited_s + 2))
        done
}

# While it runs no package may start a service. A policy that the machine has is left as it is, unless a killed run left it.
tg_apt_install() (
        umask 022
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ] || grep -q "$TG_POLICY" $policy; then
                trap 'rm -f $policy' EXIT
                trap 'exit 130' HUP INT TERM
                printf '#!/bin/sh\n%s\nexit 101\n' "$TG_POLICY" >$policy && chmod 755 $policy
        fi
        tg_apt install -y --no-install-recommends "$@"
)

# A root directory without systemd may be booted with it some day.
tg_disable() {
        systemctl disable "$1.service" || { rm -f "/etc/systemd/system/"*".wants/$1.service" && update-rc.d "$1" disable; }
} >>"$tg_log" 2>&1

tg_unpack_chrony() {
        [ -x "$1/chrony/usr/sbin/chronyd" ] || (
                rm -rf "$1/chrony" "$1/download"
                mkdir -p "$1/chrony" "$1/download"
                cd "$1/download"
                tg_apt download chrony && dpkg -x chrony_*.deb "$1/chrony"
        ) || return 1
        PATH="$1/chrony/usr/sbin:$1/chrony/usr/bin:$PATH"
}

# tg_install_missing DIRECTORY: what had to be fetched is kept there. Says in one line what it does.
tg_install_missing() {
        mkdir -p "$1"
        tg_log=$1/apt.log
        PATH="$PATH:/usr/sbin:/sbin"
        need_chrony='' fetch_chrony=''
        command -v chronyd >/dev/null || need_chrony=yes
        [ -z "$need_chrony" ] || [ -x "$1/chrony/usr/sbin/chronyd" ] || fetch_chrony=yes
        # shellcheck disable=SC2086 # lists of words
        missing=$(tg_missing $TG_BUILD_PACKAGES $TG_LAB_PACKAGES ${need_chrony:+$TG_CHRONY_NEEDS})
        if [ -n "$missing$fetch_chrony" ]; then
                echo "Installing: $missing${fetch_chrony:+(and unpacking chrony beside the build)}"
                # Some other source of packages may be broken; whether that matters the installation will tell.
                tg_apt_update || tail -n 5 "$tg_log" >&2
        fi
        if [ -n "$missing" ]; then
                # shellcheck disable=SC2086
                tg_apt_install $missing || { tail -n 15 "$tg_log" >&2; return 1; }
                for service in corosync pacemaker; do
                        case " $missing" in *" $service "*) tg_disable $service || echo "Note: $service.service, installed now, could not be disabled" ;; esac
                done
        fi
        [ -z "$need_chrony" ] || tg_unpack_chrony "$1" || { tail -n 5 "$tg_log" >&2; return 1; }
}
