# Stops the private servers of one folder when nobody uses them any more.
#
# stdin:  a pipe. Its writers are the users of the servers; end-of-file means that none is left, however they died.
#         A line "joined" tells of a new user, a line "stopped" that the servers are already down.
# stdout: the folder's lock. It is held for as long as this process lives, so nobody starts servers meanwhile.
# $1: seconds to wait for a new user after the last one left
# $2: the folder; $3: "keep" or "remove" the servers' data afterwards
linger=$1 root=$2 after=$3
trap '' HUP INT TERM QUIT

# Is the folder still the one whose lock this process holds? Somebody may have removed it and begun another.
mine() {
    [ ! -e /proc/self/cwd ] || [ "/proc/$$/fd/1" -ef "$root/launcher.lock" ]
}

# Does process $1 work in folder $2? A process id alone may have been given to a stranger.
works_in() {
    if [ -e /proc/self/cwd ]; then
        [ "$(readlink "/proc/$1/cwd" 2>/dev/null)" = "$2" ]
    else
        kill -0 "$1" 2>/dev/null
    fi
}

# Ends the server whose process id is in file $1 and whose folder is $2, with the signals that follow.
end() {
    pid='' file=$1 home=$2
    shift 2
    [ -r "$file" ] && read -r pid <"$file"
    case $pid in '' | 0 | 1 | *[!0-9]*) return ;; esac
    for signal in "$@"; do
        waited=0
        while [ "$waited" -lt 100 ]; do
            works_in "$pid" "$home" || return
            [ "$waited" -eq 0 ] && kill -s "$signal" "$pid" 2>/dev/null
            sleep 0.1 </dev/null >/dev/null
            waited=$((waited + 1))
        done
    done
}

# Kills what is left: servers without a process id file, because they are only starting or the folder was removed.
sweep() {
    ls -ld /proc/[0-9]*/cwd </dev/null 2>/dev/null | while read -r line; do
        for home in "$root/postgres" "$root/postgres/data" "$root/redis"; do
            case $line in
            *" -> $home (deleted)") ;;
            *" -> $home") mine || continue ;;
            *) continue ;;
            esac
            pid=${line#* /proc/}
            kill -s KILL "${pid%%/*}" 2>/dev/null
        done
    done
}

end_both() {
    if mine; then
        end "$root/redis/redis.pid" "$root/redis" TERM KILL
        end "$root/postgres/data/postmaster.pid" "$root/postgres/data" INT QUIT KILL
    fi
    sweep
}

idle=0
while :; do
    while [ "$idle" -le "$linger" ]; do
        if read -r word; then
            [ "$word" = stopped ] && exit 0
            idle=0
        else
            idle=$((idle + 1))
            [ "$idle" -le "$linger" ] && sleep 1 </dev/null >/dev/null
        fi
    done
    # A user who joins after this line sees the mark gone and comes again; one who joined before it shows below.
    mine && rm -f "$root/accepting"
    read -r word || break
    [ "$word" = stopped ] && exit 0
    mine && : >"$root/accepting"
    idle=0
done

end_both
# A server that was being started when its owner died has shown itself by now.
sleep 1 </dev/null >/dev/null
end_both
[ "$after" = remove ] && mine && rm -rf "$root/postgres" "$root/redis"
exit 0
