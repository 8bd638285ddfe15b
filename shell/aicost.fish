# aicost: what agents spend, in the prompt of fish 3.6 or later. In ~/.config/fish/config.fish:
#
#     aicost init fish | source
#
# At a prompt, builtins read two or three small files that the daemon keeps. No process is started,
# and nothing is waited for: what is no plain file of your own is not opened, and only the start of
# one is read. Options: docs/badge.md. `aicost_badge_off` takes it away again.

if not status is-interactive
    true
else if not string match -qr '^(3\.([6-9]|\d\d)|[4-9]|\d\d)' -- "$FISH_VERSION"
    echo "aicost: no badge in this prompt: it needs fish 3.6 or later, this is fish $FISH_VERSION" >&2
else
    set -gx AICOST_SHELL $fish_pid # whose sessions an agent's are
    set -g _aicost_dir @DIR@
    set -g _aicost_badge ''
    set -g _aicost_key ''
    set -g _aicost_folder ''
    set -g _aicost_repos
    set -q _aicost_wrapped
    or set -g _aicost_wrapped 0

    function _aicost_line --no-scope-shadowing # a file -> line, status
        set line
        test -f $argv[1] -a -r $argv[1] -a -O $argv[1] -a ! -L $argv[1]
        or return 1
        read -z --nchars 400 line 2>/dev/null <$argv[1]
        or return 1
        # All that a file may say.
        set line (string match -rg -- '\A([0-9A-Za-z $.,<≥%~/\t-]+)\n' "$line")
    end

    # -> line, status: of this shell, else of this repository, else of today
    function _aicost_find --no-scope-shadowing
        _aicost_line $_aicost_dir/alive
        or return 1
        set -l alive (string match -rg -- '\A([1-9]\d{0,9}) \d{1,12}\z' $line)
        or return 1
        # There is no clock in fish, but the age of a file.
        set -l ago (builtin path mtime -R -- $_aicost_dir/alive)
        and test $ago -ge -20 -a $ago -le 20
        or return 1
        if test -d /proc/$fish_pid -a ! -d /proc/$alive
            return 1
        end
        if test "$PWD" != "$_aicost_folder" # the names of its files, by the real path
            set -g _aicost_folder $PWD
            set -g _aicost_repos
            # (What is handed on line by line cannot have a line break in it.)
            set -l folder
            string match -q "*"\n"*" -- "$PWD"
            or set folder (builtin pwd -P | string replace -a % %25 | string replace -a / %2F)
            while test -n "$folder"
                set -a _aicost_repos $_aicost_dir/repo/$folder
                set folder (string replace -r '%2F(?:(?!%2F).)*$' '' -- $folder)
            end
        end
        set -l files $_aicost_dir/shell/$fish_pid $_aicost_repos $_aicost_dir/today
        for file in (builtin path filter -f -- $files)
            _aicost_line $file
            and return 0
        end
        return 1
    end

    function _aicost_write # line, format, ascii -> what the badge says
        set -l fields (string split \t -- $argv[1])
        set -l format $argv[2]
        set -l level $fields[1]
        set -l cost "$fields[2]"
        set -l percent (string replace -r '(.)$' '$1%' -- "$fields[3]")
        set -l state "$fields[4]"
        set -l tokens "$fields[5]"
        set -l burn "$fields[6]"
        set -l context (string replace -r '(.)$' '$1%' -- "$fields[7]")
        set -l task "$fields[8]"
        set -l sign ''
        switch $argv[3]$level
            case ok 1ok
            case warn
                set sign ▲
            case serious over
                set sign ■
            case 1warn
                set sign '!'
            case 1serious
                set sign '!!'
            case 1over
                set sign '!!!'
            case '*'
                return 1
        end
        test -n "$argv[3]"
        and set cost (string replace ≥ '>=' -- $cost)
        set -l text ''
        set -l gap ''
        set -l parts
        while set parts (string match -r '^([^{]*)\{([^}]*)\}(.*)$' -- "$format")
            # Where a field is empty, so is a space beside it.
            set -l before $parts[2]
            test -n "$gap"
            and string match -qr '(^| )$' -- "$text"
            and set before (string replace -r '^ ' '' -- "$before")
            set -l value '{'$parts[3]'}'
            contains -- "$parts[3]" level cost percent state tokens burn context task sign
            and set value $$parts[3]
            set text $text$before$value
            set gap ''
            test -n "$value"
            or set gap 1
            set format "$parts[4]"
        end
        if test -n "$gap"
            string match -qr '(^| )$' -- "$text"
            and set format (string replace -r '^ ' '' -- "$format")
            test -z "$format"
            and set text (string replace -r ' $' '' -- "$text")
        end
        string replace -ra '[[:cntrl:]]' '' -- "$text$format"
        return 0 # (whether or not there was any)
    end

    function _aicost_look --on-event fish_prompt
        set -l ascii "$AICOST_BADGE_ASCII"
        string match -qri '^\|*[^|]*utf-?8' -- "$LC_ALL|$LC_CTYPE|$LANG"
        or set ascii 1
        set -l format "$AICOST_BADGE_FORMAT"
        set -l side "$AICOST_BADGE_SIDE"
        set -l is_plain "$NO_COLOR"
        test "$TERM" = dumb
        and set is_plain 1
        set -l line ''
        test -z "$AICOST_BADGE_OFF"
        and test "$side" != none
        and _aicost_find
        or set line ''
        set -l key "$line|$ascii|$is_plain|$format"
        if test "$key" != "$_aicost_key"
            set -g _aicost_key $key
            set -g _aicost_badge ''
            test -n "$format"
            or set format '⬡ {cost} {sign}{percent}'
            test -z "$AICOST_BADGE_FORMAT"
            and test -n "$ascii"
            and set format '{cost} {sign}{percent}'
            set -l text
            test -n "$line"
            and set text (_aicost_write $line $format "$ascii")
            and test -n "$text"
            and _aicost_paint (string split -f 1 \t -- $line) $text "$is_plain"
        end
        set -g _aicost_side "$side"
        switch "$side"
            case right
                _aicost_wrap fish_right_prompt
            case none
            case '*'
                _aicost_wrap fish_prompt
        end
    end

    function _aicost_paint # level, text, is plain
        set -g _aicost_badge $argv[2]
        test -z "$argv[3]"
        or return 0
        switch $argv[1]
            case ok
                set -g _aicost_badge (builtin set_color green)$argv[2](builtin set_color normal)
            case warn
                set -g _aicost_badge (builtin set_color yellow)$argv[2](builtin set_color normal)
            case serious
                set -g _aicost_badge (builtin set_color red)$argv[2](builtin set_color normal)
            case over
                set -g _aicost_badge (builtin set_color --bold red)$argv[2](builtin set_color normal)
        end
    end

    # Each prompt function found is kept under a name of its own, and called by ours. A tool may
    # wrap ours in turn and be wrapped again: only the outermost shows the badge.
    function _aicost_wrap # fish_prompt, fish_right_prompt
        set -l about 'with the badge of aicost'
        set -l details (builtin functions -Dv $argv[1])
        test "$details[5]" != $about
        or return 0
        set -l user :
        if builtin functions -q $argv[1]
            set -g _aicost_wrapped (builtin math $_aicost_wrapped + 1)
            set user _aicost_user_$_aicost_wrapped
            builtin functions -c $argv[1] $user
        end
        set -l show _aicost_before
        test $argv[1] = fish_prompt
        or set show _aicost_after
        # (The user's prompt comes first: it may look at $status, which `set` leaves alone.)
        echo "function $argv[1] --description '$about'
            set -l inside \$_aicost_inside
            set -g _aicost_inside 1
            set -l lines ($user)
            set -g _aicost_inside \$inside
            $show \$lines
        end" | source
        set -g _aicost_user_of_$argv[1] $user
    end

    function _aicost_before # lines of a prompt -> with the badge before the first that is not empty
        set -l at 1
        while test $at -lt (count $argv); and test -z "$argv[$at]"
            set at (builtin math $at + 1)
        end
        test -n "$_aicost_badge"
        and test -z "$_aicost_inside"
        and test "$_aicost_side" != right
        and set argv[$at] "$_aicost_badge $argv[$at]"
        string join \n -- $argv
    end

    function _aicost_after # lines of a right prompt -> with the badge after them
        set -q argv[1]
        or set argv ''
        test -n "$_aicost_badge"
        and test -z "$_aicost_inside"
        and test "$_aicost_side" = right
        and set argv[-1] (string trim -l -- "$argv[-1] $_aicost_badge")
        string join \n -- $argv
    end

    function aicost_badge_off # the prompt as it was
        set -l is_wrapped ''
        for name in fish_prompt fish_right_prompt
            set -l user _aicost_user_of_$name
            set -q $user
            or continue
            set -l details (builtin functions -Dv $name)
            if test "$details[5]" = 'with the badge of aicost'
                builtin functions -e $name
                builtin functions -q $$user
                and builtin functions -c $$user $name
            else
                set is_wrapped 1 # by another tool: it still calls ours
            end
        end
        builtin functions -e _aicost_look aicost_badge_off
        set -g _aicost_badge ''
        test -z "$is_wrapped"
        or return 0
        builtin functions -e (builtin functions -an | string match '_aicost_*')
        set -e (set -gn | string match '_aicost_*')
    end
end
