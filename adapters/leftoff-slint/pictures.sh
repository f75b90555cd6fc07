#!/bin/sh
# Makes pictures of the example: the report is written in and killed, and started again, 42 minutes later, in the ways the
# arrow can be seen. They land in the directory given, or in pictures/; point.png is the one in README.
#
# Needs an X server without a screen, a hand to type with, and a camera; on Debian:
PACKAGES="xvfb xdotool imagemagick"
set -eu
here="$PWD"
cd "$(dirname "$0")"

missing=
for tool in Xvfb xdotool import; do command -v "$tool" >/dev/null || missing="$missing $tool"; done
if [ -n "$missing" ]; then
    printf 'Not here:%s\nInstall: %s\n' "$missing" "$PACKAGES" >&2
    exit 1
fi

cargo build --quiet --example form
form="${CARGO_TARGET_DIR:-target}/debug/examples/form"
pictures=pictures
[ $# -eq 0 ] || pictures="$here/$1"
mkdir -p "$pictures"
work="$(mktemp -d)"
screen=
app=
tidy() {
    [ -z "$app" ] || kill -9 "$app" 2>/dev/null || true
    [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
    rm -rf "$work"
}
trap tidy EXIT

Xvfb -displayfd 3 -screen 0 700x600x24 3>"$work/display" 2>/dev/null &
screen=$!
until [ -s "$work/display" ]; do sleep 0.1; done
DISPLAY=":$(cat "$work/display")"
export DISPLAY
unset WAYLAND_DISPLAY

start() {
    "$form" --dir "$work/state" "$@" 2>"$work/log" &
    app=$!
    xdotool search --sync --onlyvisible --name 'Journey' windowfocus --sync >/dev/null
    sleep 3
}
stop() {
    kill -9 "$app"
    wait "$app" 2>/dev/null || true
    app=
}
# picture NAME WIDTH HEIGHT OPTION…
picture() {
    name="$1" width="$2" height="$3"
    shift 3
    cp -r "$work/state" "$work/kept"
    start --later 42 --size "$width" "$height" "$@"
    # A sign of the user, who is back: else nothing fades.
    xdotool mousemove "$((width - 5))" "$((height - 5))"
    sleep 2
    import -window root -crop "${width}x$height+0+0" +repage -strip +dither -colors 255 "png8:$pictures/$name.png"
    stop
    rm -rf "$work/state"
    mv "$work/kept" "$work/state"
}

start --size 640 420
xdotool mousemove 300 115 sleep 0.2 click 1 sleep 0.3 type --delay 40 'see the archive in'
sleep 2
stop
picture point 640 480
picture point-dark 640 480 --dark
picture moved 640 480 --next
ls -l "$pictures"
