#!/bin/bash
# Tries the set-up on a machine that has nothing but git's files and Node: a Debian of its own in a
# folder, with a fresh clone of this repository's HEAD and an empty home.
#
#   sudo local/setup/try-fresh-machine.sh <scenario> [command…]
#
# Scenarios:
#   root      root, no Redis, no Postgres: the package manager installs them
#   private   the same, and the clone lies where only root may enter
#   sudo      an ordinary user with sudo and no password; the package manager installs them
#   user      an ordinary user; Redis and Postgres are there
#   unpack    an ordinary user without sudo; neither is there: packages are unpacked
#   nothing   the same without any way to get them: one sentence, exit status 1
#
# The command runs in the clone through sh; `npm start -- --speed max --exit` unless given. Prints
# what still runs afterwards, and exits as the command did. Needs a Debian with debootstrap, root,
# Node and npm; takes name resolution, certificates and the settings of apt and npm from it. The base
# system stays in /tmp/courtside-fresh for the next time; all else is deleted.
set -euo pipefail

scenario=${1:?name a scenario: root, private, sudo, user, unpack or nothing}
shift
command=${*:-npm start -- --speed max --exit}
repository=$(cd "$(dirname "$0")/../.." && pwd)
store=/tmp/courtside-fresh
base=$store/base
machine=$store/machine.$$
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")

copy_settings() { # What this machine needs to reach its package registries, where it has such files.
  local file
  for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt /etc/npmrc \
    /usr/etc/npmrc /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/keyrings; do
    if [ -e "$file" ]; then
      mkdir -p "$1$(dirname "$file")"
      cp -aL --no-preserve=ownership -T "$file" "$1$file"
    fi
  done
}

make_base() {
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Release: $codename" |
    head -n 1)
  rm -rf "$base.draft"
  debootstrap --variant=minbase "$codename" "$base.draft" "$mirror" >&2
  # Node as it is here: Debian's own may be older than 20.
  install -m 755 "$(readlink -f "$(command -v node)")" "$base.draft/usr/bin/node"
  mkdir -p "$base.draft/usr/lib/node_modules"
  cp -a "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")" \
    "$base.draft/usr/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$base.draft/usr/bin/npm"
  rm -f "$base.draft/etc/apt/sources.list"
  copy_settings "$base.draft"
  chroot "$base.draft" useradd --create-home --shell /bin/sh visitor
  mv "$base.draft" "$base"
}

user=visitor
folder="/srv/a clone"
case $scenario in
  root) user=root ;;
  private) user=root folder=/root/clone ;;
  sudo | user | unpack | nothing) ;;
  *) echo "no such scenario: $scenario" >&2 && exit 2 ;;
esac

mkdir -p "$store"
[ -d "$base" ] || make_base
trap 'rm -rf --one-file-system "$machine"' EXIT
cp -a "$base" "$machine"
git clone --quiet --no-local "$repository" "$machine$folder"
mkdir "$machine/empty-home"
chroot "$machine" chown -R "$user:" /empty-home "$folder"
[ "$scenario" != private ] || chmod 700 "$machine/root"
present() {
  chroot "$machine" env DEBIAN_FRONTEND=noninteractive sh -c "apt-get -qq update &&
    apt-get -qq install --no-install-recommends $*" >&2
}
[ "$scenario" != user ] || present redis-server postgresql
if [ "$scenario" = sudo ]; then
  present sudo
  echo "$user ALL=(ALL) NOPASSWD: ALL" >"$machine/etc/sudoers.d/visitor"
fi
if [ "$scenario" = nothing ]; then
  rm -rf "$machine"/etc/apt/sources.list*
fi

# In namespaces of their own, so that mounts and whatever still runs end with the command.
status=0
# shellcheck disable=SC2016  # Expanded inside.
unshare --mount --pid --fork bash -euc '
  machine=$1 user=$2 folder=$3 command=$4
  mount --make-rprivate /
  mount -t proc proc "$machine/proc"
  mount -t tmpfs tmpfs "$machine/dev"
  for device in null zero full random urandom tty; do
    touch "$machine/dev/$device" && mount --bind "/dev/$device" "$machine/dev/$device"
  done
  mkdir -m 1777 "$machine/dev/shm"
  ln -s /proc/self/fd "$machine/dev/fd"
  for at in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${at%%:*}" "$machine/dev/${at#*:}"; done
  inside() { chroot "$machine" setpriv --reuid "$1" --regid "$1" --init-groups env -i \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/empty-home \
    LANG=C.UTF-8 sh -c "cd \"\$1\" && $2" sh "$3"; }
  status=0
  inside "$user" "$command" "$folder" </dev/null || status=$?
  echo "== what runs afterwards, as uid and command:" >&2
  inside root "for at in /proc/[0-9]*; do
      [ -s \$at/cmdline ] && echo \$(stat -c %u \$at) \$(tr \"\\0\" \" \" <\$at/cmdline)
    done | grep -v -e unshare -e \"bash -euc\" -e \"sh -c\" -e chroot -e grep -e stat || :" / >&2
  exit "$status"
' bash "$machine" "$user" "$folder" "$command" || status=$?
echo "== $scenario: exit status $status" >&2
exit "$status"
