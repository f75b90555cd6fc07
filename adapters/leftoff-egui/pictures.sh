#!/bin/sh
# Makes pictures/*.png again: the invoice is written in and killed, and started again, 42 minutes later, in each way the
# arrow can be seen: in the same version and the next one, light and dark, read from left and from right, narrow.
#
# Needs an X server without a screen, a hand to type with, a camera, and software OpenGL; on Debian:
PACKAGES="xvfb xdotool imagemagick libgl1 libegl1 libgl1-mesa-dri libxkbcommon-x11-0 libxcursor1 libxi6 libxrandr2"
set -eu
cd "$(dirname "$0")"

missing=
for tool in Xvfb xdotool import; do command -v "$tool" >/dev/null || missing="$missing $tool"; done
if [ -n "$missing" ]; then
    printf 'Not here:%s\nInstall: %s\n' "$missing" "$PACKAGES" >&2
    exit 1
fi

cargo build --quiet --example invoice
invoice="${CARGO_TARGET_DIR:-target}/debug/examples/invoice"
mkdir -p pictures
work="$(mktemp -d)"
screen=
app=
tidy() {
    [ -z "$app" ] || kill -9 "$app" 2>/dev/null || true
    [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
    rm -rf "$work"
}
trap tidy EXIT

Xvfb -displayfd 3 -screen 0 700x560x24 +extension GLX 3>"$work/display" 2>/dev/null &
screen=$!
until [ -s "$work/display" ]; do sleep 0.1; done
DISPLAY=":$(cat "$work/display")"
export DISPLAY LIBGL_ALWAYS_SOFTWARE=1

start() {
    "$invoice" --dir "$work/state" "$@" 2>"$work/log" &
    app=$!
    xdotool search --sync --onlyvisible --name 'Invoice' windowfocus --sync >/dev/null
    sleep 2
}
stop() {
    kill -9 "$app"
    wait "$app" 2>/dev/null || true
    app=
}
write() {
    xdotool mousemove "$1" "$2" sleep 0.2 click 1 sleep 0.3 type --delay 30 "$3"
    sleep 0.5
}
# leave X Y TEXT: a new state, with these words in the field at that place.
leave() {
    rm -rf "$work/state"
    start
    write 150 $CUSTOMER 'Delmar'
    write "$1" "$2" "$3"
    stop
}
# picture NAME WIDTH HEIGHT OPTION…, so many minutes $later.
later=42
picture() {
    name="$1" width="$2" height="$3"
    shift 3
    cp -r "$work/state" "$work/kept"
    start --later "$later" --size "$width" "$height" "$@"
    # A sign of the user, who is back: else nothing fades, and nothing is said.
    xdotool mousemove "$((width - 5))" "$((height - 5))"
    sleep 2
    import -window root -crop "${width}x$height+0+0" +repage -strip +dither -colors 255 "png8:pictures/$name.png"
    stop
    rm -rf "$work/state"
    mv "$work/kept" "$work/state"
}

CUSTOMER=73 AMOUNT=120 DUE=167 CENTER=214 REFERENCE=261 NOTES=350 COPY=400
leave 150 $AMOUNT '1 200'
picture point 640 400
picture point-dark 640 400 --dark
picture point-rtl 640 400 --rtl
later=4000
picture days 640 440
picture days-narrow-dark 320 440 --dark
later=42
picture point-narrow 320 400
leave 150 $NOTES 'ask Mei about seats'
picture off-screen 640 230
leave 150 $REFERENCE 'PO 7'
picture renamed 640 400 --next
leave 150 $DUE '30 June'
picture moved 640 400 --next
picture moved-dark 640 400 --next --dark
leave 150 $CENTER 'K-12'
picture region 640 400 --next
picture region-rtl-dark 640 400 --next --rtl --dark
picture region-narrow 320 400 --next
leave 60 $COPY ''
picture gone 640 400 --next
picture gone-dark-narrow 320 400 --next --dark
ls -l pictures/*.png
