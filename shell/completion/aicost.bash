# Completion of `aicost` in bash (3.2 or later). Source it, or copy it as `aicost` to
# ~/.local/share/bash-completion/completions/

_aicost() {
  local word=${COMP_WORDS[COMP_CWORD]} words
  case ${COMP_WORDS[COMP_CWORD - 1]} in
    --by) words='day week month session model repo branch category agent environment workflow version subagent skill mcp ticket mode outcome' ;;
    --agent) words='claude codex' ;;
    --format) [[ ${COMP_WORDS[1]} == export ]] && words='focus' ;;
    --env) words='interactive headless ci' ;;
    --repo | --branch | --model | --category) words='' ;;
    --since | --until | --timezone | --session | --at | --from | --for | --budget | --summary | --format | --shell | --week) words='' ;;
    *)
      case $COMP_CWORD:${COMP_WORDS[1]} in
        1:*) words='top report sessions turns reconcile explain status export weekly badge prices budget allow audit trust guard tag hooks statusline init team daemon config --version --help' ;;
        *:top) words='--once --json --demo --help' ;;
        *:report) words='--by --since --until --timezone --agent --json --csv --no-wait --help' ;;
        *:sessions) words='--live --json --csv --no-wait --help' ;;
        *:turns) words='--session --since --json --csv --no-wait --help' ;;
        *:reconcile) words='--session --json --csv --no-wait --help' ;;
        *:export) words='--format --since --until --no-wait --help' ;;
        *:weekly) words='--week --md --html --json --share --renew --no-wait --help' ;;
        *:badge) words='--json --format --shell --no-wait --help' ;;
        *:explain | *:status) words='--json --no-wait --help' ;;
        2:prices) words='show set unset update --help' ;;
        *:prices)
          case ${COMP_WORDS[2]} in
            show) words='--at --json --help' ;;
            set) words='--input --cache-read --cache-write-5m --cache-write-1h --output --tier --from --source --help' ;;
            unset) words='--tier --from --help' ;;
            *) words='--help' ;;
          esac
          ;;
        2:budget) words='list set rm --help' ;;
        3:budget)
          case ${COMP_WORDS[2]} in
            set) words='turn session 5h day week month plan-5h plan-week' ;;
            *) words='' ;;
          esac
          [[ $word == -* ]] && case ${COMP_WORDS[2]} in
            list) words='--json --no-wait --help' ;;
            set) words='--hard --soft --repo --branch --category --model --agent --env --help' ;;
            *) words='--help' ;;
          esac
          ;;
        *:budget)
          case ${COMP_WORDS[2]} in
            list) words='--json --no-wait --help' ;;
            set) words='--hard --soft --repo --branch --category --model --agent --env --help' ;;
            *) words='--help' ;;
          esac
          ;;
        *:allow) words='--for --session --help' ;;
        *:audit) words='--since --session --json --help' ;;
        *:trust) words='--list --remove --yes --help' ;;
        *:guard) words='--budget --soft --fail-on-warn --summary --notify --help' ;;
        3:tag) words='feature bugfix refactor test-repair test-writing dependency-upgrade exploration review docs ops other --help' ;;
        *:tag) words='--list --remove --json --help' ;;
        2:hooks) words='install uninstall status --help' ;;
        *:hooks)
          case ${COMP_WORDS[2]} in
            install) words='claude codex --project --project-local --yes --print --trust --help' ;;
            uninstall) words='claude codex --project --project-local --yes --help' ;;
            status) words='claude codex --json --help' ;;
            *) words='' ;;
          esac
          [[ $word == -* ]] && words=${words//claude codex /}
          ;;
        2:statusline) words='install uninstall status --help' ;;
        *:statusline)
          case ${COMP_WORDS[2]} in
            install) words='--project --project-local --yes --print --help' ;;
            uninstall) words='--project --project-local --yes --help' ;;
            status) words='--json --help' ;;
            *) words='' ;;
          esac
          ;;
        2:init) words='bash zsh fish starship tmux --help'; [[ $word == -* ]] && words='--help' ;;
        2:team) words='join preview sync resync log forget leave export-key import-key serve invite --help' ;;
        *:team)
          case ${COMP_WORDS[2]} in
            join) words='--code --team --cohort --since --billing --label --hash-projects --yes --help' ;;
            preview) words='--day --help' ;;
            resync) words='--since --help' ;;
            log) words='--bodies --json --help' ;;
            forget) words='--yes --help' ;;
            leave) words='--delete --yes --help' ;;
            import-key) words='--yes --help' ;;
            serve) words='--db --team --host --port --k --retention-months --head-count --cohort --check --help' ;;
            invite) words='--db --help' ;;
            *) words='--help' ;;
          esac
          ;;
        *:daemon) words='run start stop restart status --json --help' ;;
        2:config) words='path get set unset edit --help' ;;
        3:config) words='timezone sources.claude.homes sources.codex.homes attribution.ticket_pattern prices.url projectmap gate.fail gate.grace_percent nudges.desktop nudges.context_usd outcomes.gh otlp.endpoint otlp.temporality'; [[ $word == -* ]] && words='--help' ;;
        *) words='' ;;
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}

complete -F _aicost aicost
