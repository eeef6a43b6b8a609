# Sourced by the other scripts: goes to the project's root; installs and builds what is missing.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Installs the dependencies of the lock file, unless that was done since it last changed.
install_dependencies() {
  if [[ -d node_modules && ! package-lock.json -nt node_modules/.package-lock.json ]]; then
    return 0
  fi
  npm ci --no-audit --no-fund </dev/null
}

# Builds dist/, unless it is newer than everything it is made from.
build_if_changed() {
  local built=dist/bin/diststored.js
  if [[ -e $built && -z $(find src tsconfig*.json package-lock.json -newer "$built" -print -quit) ]]; then
    return 0
  fi
  npm run --silent build
}

# need_program PROGRAM PACKAGE: installs the Debian package, unless the program is there.
need_program() {
  if command -v "$1" >/dev/null; then return 0; fi
  apt-get install --yes --no-install-recommends "$2" </dev/null
}

# need_package PACKAGE: installs the Debian package, unless it is there.
need_package() {
  if [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; then
    return 0
  fi
  apt-get install --yes --no-install-recommends "$1" </dev/null
}
