# Sourced: apt_install PACKAGE… as root, or by sudo where it asks nothing; else say what to install.
apt_install() {
    if [ "$(id -u)" = 0 ]; then run=""
    elif sudo -n true 2>/dev/null; then run="sudo -n"
    else
        echo "please install first: apt-get install $*" >&2
        return 1
    fi
    $run apt-get update -qq >/dev/null 2>&1 || true
    DEBIAN_FRONTEND=noninteractive $run apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}
