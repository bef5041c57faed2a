import type { CommandDefinition } from "./command.ts";

/** The completion script of a shell, made from the commands; undefined for a shell that is not known. */
export function completionScript(shell: string, commands: readonly CommandDefinition[]): string | undefined {
  switch (shell) {
    case "bash":
      return bash(commands);
    case "zsh":
      // zsh runs bash's completions, so that both shells know the same.
      return `#compdef stigmer\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case "fish":
      return fish(commands);
    default:
      return undefined;
  }
}

const flags = ({ options = [] }: CommandDefinition): readonly string[] => [
  ...options.flatMap((option) => option.flags.match(/-{1,2}[a-z][\w-]*/gu) ?? []),
  "--help",
];

function bash(commands: readonly CommandDefinition[]): string {
  const names = commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  const cases = commands.map(
    (command) => `    ${[command.name, ...(command.aliases ?? [])].join("|")}) words="${flags(command).join(" ")}" ;;`,
  );
  return `_stigmer() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...names, "help"].join(" ")} --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _stigmer stigmer
`;
}

function fish(commands: readonly CommandDefinition[]): string {
  const quoted = (text: string): string => `'${text.replaceAll(/['\\]/gu, "\\$&")}'`;
  const lines = commands.flatMap((command) => [
    `complete -c stigmer -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.summary)}`,
    ...(command.options ?? []).map(({ flags: text, description }) => {
      const long = /--([\w-]+)/u.exec(text)?.[1] ?? "";
      const short = /(?:^|\s)-([a-zA-Z])\b/u.exec(text)?.[1];
      const value = text.includes("<") ? " -r" : "";
      return `complete -c stigmer -n '__fish_seen_subcommand_from ${command.name}' -l ${long}${short === undefined ? "" : ` -s ${short}`}${value} -d ${quoted(description)}`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}
