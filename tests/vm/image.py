# SPDX-License-Identifier: LGPL-2.1-or-later
"""The disk of the virtual machines: this machine's own release of Debian from the mirror that its apt uses, with kernel, systemd, corosync,
chrony and pacemaker, and what is in guest/ beside this file. timeguard is not in it: that is what is installed in the tests.

    image = Image.get()     # built once, then kept below .build/vm under the hash of all that it is made from

It is built in a mount namespace of its own, by processes that may not set a clock and with no service started. Needs root."""

import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CACHE = os.path.join(ROOT, ".build", "vm")
TOOLS = {"debootstrap": "debootstrap", "mke2fs": "e2fsprogs", "qemu-system-x86_64": "qemu-system-x86"}
SIZE = "3G"  # of the disk, which is sparse
BUILD_S = 1500
BASE = "ca-certificates dbus initramfs-tools iproute2 kmod procps systemd-sysv udev".split()
# the last line is what the package of timeguard depends on
PACKAGES = """linux-image-amd64 corosync chrony pacemaker pacemaker-cli-utils pacemaker-resource-agents libpam-systemd man-db perl
libcpg4 libcmap4 libquorum5 libvotequorum8 libqb100 libsystemd0 libjson-c5 libinih1 libsmartcols1 bash-completion""".split()
MODULES = ("virtio_pci", "virtio_blk", "ext4")  # what the kernel needs before it has its disk

# $1 is the root directory. The services of this machine are not those of the directory: none may be started.
SECOND = """set -e
printf '#!/bin/sh\\nexit 101\\n' >"$1/usr/sbin/policy-rc.d"
chmod 0755 "$1/usr/sbin/policy-rc.d"
mount -t proc proc "$1/proc"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
printf 'MODULES=list\\nCOMPRESS=gzip\\n' >"$1/etc/initramfs-tools/conf.d/vm"
printf '%s\\n' {modules} >"$1/etc/initramfs-tools/modules"
chroot "$1" apt-get -q update
chroot "$1" apt-get -q install -y --no-install-recommends {packages}
chroot "$1" apt-get clean
cp -a guest/. "$1/"
chroot "$1" systemctl enable configure.service control.service eyes.service watchdog.service
chroot "$1" systemctl disable -q pacemaker.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer man-db.timer
chroot "$1" passwd -q -d root
umount "$1/proc"
rm -f "$1/usr/sbin/policy-rc.d" "$1/etc/machine-id" "$1"/var/lib/apt/lists/*_* "$1/etc/apt/sources.list"
rm -rf "$1"/usr/share/doc/*/changelog* "$1"/var/cache/apt/*.bin
: >"$1/etc/machine-id"
"""


def missing():
    """What keeps an image from being made or run here, in one sentence, or nothing."""
    if os.geteuid() != 0:
        return "needs root"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    lacking = sorted(package for tool, package in TOOLS.items() if not shutil.which(tool, path=path))
    return f"not installed: {' '.join(lacking)}" if lacking else None


def release():
    with open("/etc/os-release", encoding="utf-8") as file:
        return re.search(r"^VERSION_CODENAME=(\S+)$", file.read(), re.M).group(1)


def mirror():
    """Where this machine's apt has its release from."""
    targets = subprocess.run(["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)", "Identifier: Packages"],
                             capture_output=True, text=True, check=True, timeout=30).stdout
    for line in targets.splitlines():
        codename, component, uri = line.split()
        if codename == release() and component == "main":
            return uri
    raise RuntimeError(f"apt knows no mirror with the release {release()}")


def _guest_files():
    return sorted(path for path in glob.glob(os.path.join(HERE, "guest", "**"), recursive=True) if os.path.isfile(path))


def content():
    """A hash of all that goes into the image; which versions the mirror has on the day is left out."""
    digest = hashlib.sha256(" ".join([release(), SIZE, *BASE, *PACKAGES, *MODULES, SECOND]).encode())
    for path in _guest_files():
        with open(path, "rb") as file:
            digest.update(f"{os.path.relpath(path, HERE)} {os.stat(path).st_mode:o}\n".encode() + file.read())
    return digest.hexdigest()[:16]


class Image:
    def __init__(self, directory):
        self.directory = directory
        self.disk, self.kernel, self.initrd = (os.path.join(directory, name) for name in ("disk", "kernel", "initrd"))

    @classmethod
    def get(cls, log=sys.stderr):
        """That of this content; builds it where there is none, and then drops those of other contents."""
        image = cls(os.path.join(CACHE, content()))
        if not os.path.exists(image.disk):
            print(f"building the image {os.path.basename(image.directory)}: some minutes", file=log, flush=True)
            image._build()
        return image

    def _build(self):
        os.makedirs(CACHE, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            tree = os.path.join(work, "root")
            self._populate(tree, os.path.join(CACHE, "build.log"))
            self._take(tree, "vmlinuz-*", os.path.join(work, "kernel"))
            self._take(tree, "initrd.img-*", os.path.join(work, "initrd"))
            disk = os.path.join(work, "disk")
            subprocess.run(["mke2fs", "-q", "-t", "ext4", "-L", "root", "-d", tree, disk, SIZE], check=True, stdout=subprocess.DEVNULL, timeout=BUILD_S)
            shutil.rmtree(tree)
            for old in glob.glob(os.path.join(CACHE, "[0-9a-f]" * 16)):
                shutil.rmtree(old)
            os.rename(work, self.directory)
            os.mkdir(work)  # for the context, which takes it away

    def _populate(self, tree, log):
        second = SECOND.format(packages=" ".join(PACKAGES), modules=" ".join(MODULES))
        first = ["debootstrap", "--variant=minbase", f"--include={','.join(BASE)}", release(), tree, mirror()]
        for argv in (first, ["sh", "-c", second, "second", tree]):
            jail = ["unshare", "-m", "--propagation", "private", "setpriv", "--bounding-set=-sys_time", "--inh-caps=-sys_time", "--", *argv]
            with open(log, "ab") as out:
                done = subprocess.run(jail, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=HERE, timeout=BUILD_S, check=False)
            if done.returncode != 0:
                with open(log, encoding="utf-8", errors="replace") as out:
                    raise RuntimeError(f"{argv[0]} ended with {done.returncode}: {out.read()[-1500:]}")

    @staticmethod
    def _take(tree, pattern, target):
        found = glob.glob(os.path.join(tree, "boot", pattern))
        if len(found) != 1:
            raise RuntimeError(f"{pattern} in /boot: {found}")
        shutil.copy(found[0], target)


if __name__ == "__main__":
    why = missing()
    if why:
        sys.exit(f"image: {why}")
    print(Image.get().directory)
