#!/bin/sh
# aicost's badge for what can run a command: starship, tmux and the like.
#
#     sh badge.sh FOLDER plain|tmux [PID OF A SHELL]
#
# FOLDER is the daemon's `badge`. Prints what the sessions of that shell spent, else those of the
# repository, else today's; nothing where the daemon does not run. docs/badge.md
dir=$1 style=$2 shell=$3
tab='	'

take() { # a file -> line
    line=''
    [ -f "$1" ] && [ -r "$1" ] && [ -O "$1" ] && [ ! -h "$1" ] || return 1
    IFS='' read -r line 2>/dev/null <"$1" || return 1
    case $line in
    '' | *[!0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\ \$.,\<≥%~/"$tab"-]*) return 1 ;;
    esac
}

take "$dir/alive" || exit 0
pid=${line%% *} since=${line#* }
case $pid$since in 0* | *[!0123456789]* | ????????????????????*) exit 0 ;; esac
age=$(($(date +%s) - since))
[ "$age" -le 20 ] && [ "$age" -ge -20 ] && kill -0 "$pid" 2>/dev/null || exit 0

find() { # -> line
    case $shell in *[!0123456789]*) shell='' ;; esac
    [ -n "$shell" ] && take "$dir/shell/$shell" && return
    # A terminal's bar is drawn elsewhere than in the shell's folder, which only Linux tells.
    if [ "$style" != tmux ] || cd -P "/proc/$shell/cwd" 2>/dev/null; then
        cd -P . 2>/dev/null
        rest=$PWD name=''
        while [ -n "$rest" ]; do # % and / as the file's name has them
            case $rest in
            %*) name=$name%25 ;;
            /*) name=$name%2F ;;
            *)
                part=${rest%%[%/]*}
                name=$name$part rest=${rest#"$part"}
                continue
                ;;
            esac
            rest=${rest#?}
        done
        while [ -n "$name" ]; do
            take "$dir/repo/$name" && return
            name=${name%\%2F*}
        done
    fi
    take "$dir/today"
}

find || exit 0
line=$line$tab$tab$tab
level=${line%%"$tab"*} line=${line#*"$tab"}
cost=${line%%"$tab"*} line=${line#*"$tab"}
percent=${line%%"$tab"*}
case ${LC_ALL:-${LC_CTYPE:-$LANG}} in
*[Uu][Tt][Ff]8* | *[Uu][Tt][Ff]-8*) ;;
*) AICOST_BADGE_ASCII=1 ;;
esac
if [ -n "$AICOST_BADGE_ASCII" ]; then
    mark='' sign='!!'
    case $cost in ≥*) cost=">=${cost#≥}" ;; esac
else
    mark='⬡ ' sign=■
fi
case $level in # (a colour behind the text: bars have one of their own)
ok) colour='' sign='' ;;
warn) colour='fg=black,bg=yellow' sign=${AICOST_BADGE_ASCII:+!} sign=${sign:-▲} ;;
serious) colour='fg=white,bg=red' ;;
over) colour='fg=white,bg=red,bold' sign=$sign${AICOST_BADGE_ASCII:+!} ;;
*) exit 0 ;;
esac
text=$mark$cost${percent:+ $sign$percent%}
[ "$style" = tmux ] && [ -z "$NO_COLOR" ] && text="${colour:+#[$colour]}$text#[default]"
printf '%s\n' "$text"
