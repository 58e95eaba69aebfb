# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Installs what building and the cluster lab need and this machine lacks. To be sourced by scripts that run as root on Debian.
# The machine's own time keeping is left alone: chrony is unpacked beside the build, not installed (its package would replace
# systemd-timesyncd), and a corosync installed here is neither started nor enabled.

TG_BUILD_PACKAGES="gcc libc6-dev cmake ninja-build pkg-config libcpg-dev libquorum-dev libvotequorum-dev libcmap-dev
libcorosync-common-dev libqb-dev libsystemd-dev libjson-c-dev libinih-dev libsmartcols-dev libcmocka-dev"
TG_LAB_PACKAGES="corosync iproute2 util-linux python3"
TG_CHRONY_NEEDS="libcap2 libedit2 libgnutls30 libnettle8 libseccomp2"

tg_missing() {
        for package in "$@"; do
                [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
        done
}

# While it runs no package may start a service.
tg_apt_install() {
        policy=/usr/sbin/policy-rc.d
        ours=
        if [ ! -e $policy ]; then
                ours=yes
                printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
        fi
        result=0
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >"$tg_log" 2>&1 || result=$?
        [ -z "$ours" ] || rm -f $policy
        return $result
}

tg_unpack_chrony() {
        [ -x "$1/chrony/usr/sbin/chronyd" ] || (
                rm -rf "$1/chrony" "$1/download"
                mkdir -p "$1/chrony" "$1/download"
                cd "$1/download"
                apt-get download -q chrony >>"$tg_log" 2>&1 && dpkg -x chrony_*.deb "$1/chrony"
        ) || return 1
        PATH="$1/chrony/usr/sbin:$1/chrony/usr/bin:$PATH"
}

# tg_install_missing DIRECTORY: what had to be fetched is kept there. Says in one line what it does.
tg_install_missing() {
        mkdir -p "$1"
        tg_log=$1/apt.log
        PATH="$PATH:/usr/sbin:/sbin"
        need_chrony=
        command -v chronyd >/dev/null || need_chrony=yes
        # shellcheck disable=SC2086 # lists of words
        missing=$(tg_missing $TG_BUILD_PACKAGES $TG_LAB_PACKAGES ${need_chrony:+$TG_CHRONY_NEEDS})
        if [ -n "$missing" ] || { [ -n "$need_chrony" ] && [ ! -x "$1/chrony/usr/sbin/chronyd" ]; }; then
                echo "Installing: $missing${need_chrony:+(and unpacking chrony beside the build)}"
                apt-get update -q >"$tg_log" 2>&1 || { tail -n 5 "$tg_log" >&2; return 1; }
        fi
        if [ -n "$missing" ]; then
                # shellcheck disable=SC2086
                tg_apt_install $missing || { tail -n 15 "$tg_log" >&2; return 1; }
                case " $missing" in *" corosync "*) systemctl disable corosync.service >/dev/null 2>&1 || true ;; esac
        fi
        [ -z "$need_chrony" ] || tg_unpack_chrony "$1" || { tail -n 5 "$tg_log" >&2; return 1; }
}
