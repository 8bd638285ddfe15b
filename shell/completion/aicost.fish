# Completion of `aicost` in fish. Copy it to ~/.config/fish/completions/


complete -c aicost -f
complete -c aicost -l help -d 'Say what there is'
complete -c aicost -n __fish_use_subcommand -l version -d 'Print the version'
complete -c aicost -n __fish_use_subcommand -a top -d 'The live dashboard'
complete -c aicost -n __fish_use_subcommand -a report -d 'Tokens and dollars by day, model …'
complete -c aicost -n __fish_use_subcommand -a sessions -d 'One row a session'
complete -c aicost -n __fish_use_subcommand -a turns -d 'One row a prompt'
complete -c aicost -n __fish_use_subcommand -a daemon -d 'The background process'
complete -c aicost -n __fish_use_subcommand -a config -d 'The settings'

complete -c aicost -n '__fish_seen_subcommand_from top' -l once -d 'Print one screen as text'
complete -c aicost -n '__fish_seen_subcommand_from top' -l demo -d 'Replay a recorded day'
complete -c aicost -n '__fish_seen_subcommand_from report' -l by -x -a 'day week month session model repo branch agent environment workflow version subagent skill mcp ticket mode' -d 'One row per …'
complete -c aicost -n '__fish_seen_subcommand_from report' -l until -x -d 'Last day, YYYY-MM-DD'
complete -c aicost -n '__fish_seen_subcommand_from report' -l timezone -x -d 'Whose days'
complete -c aicost -n '__fish_seen_subcommand_from report' -l agent -x -a 'claude' -d 'Only this agent'
complete -c aicost -n '__fish_seen_subcommand_from report sessions turns' -l csv -d 'Print CSV'
complete -c aicost -n '__fish_seen_subcommand_from sessions' -l live -d 'Only running sessions'
complete -c aicost -n '__fish_seen_subcommand_from turns' -l session -x -d 'Only this session'
complete -c aicost -n '__fish_seen_subcommand_from report turns' -l since -x -d 'First day, YYYY-MM-DD'
complete -c aicost -n '__fish_seen_subcommand_from top report sessions turns daemon' -l json -d 'Print JSON'
complete -c aicost -n '__fish_seen_subcommand_from report sessions turns' -l no-wait -d 'Answer now, even if logs are not all read'
complete -c aicost -n '__fish_seen_subcommand_from daemon' -a 'run start stop restart status'
complete -c aicost -n '__fish_seen_subcommand_from config; and not __fish_seen_subcommand_from path get set unset edit' -a 'path get set unset edit'
complete -c aicost -n '__fish_seen_subcommand_from config; and __fish_seen_subcommand_from get set unset' -a 'timezone sources.claude.homes sources.codex.homes attribution.ticket_pattern prices.url projectmap'
