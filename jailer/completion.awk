# Completion of a command line, by the table with which the program itself parses it.
# Usage: awk -f completion.awk -v shell=bash|zsh -v program=jailer options.c

# the table: {"guest", required_argument, …
match($0, /^    \{"[a-z-]+", (no|optional|required)_argument/) {
    split($0, part, "\"")
    takes_value[part[2]] = $0 ~ /required_argument/
    order[++count] = part[2]
}

# a choice, as --help has it: --console auto|safe|raw
match($0, /--[a-z-]+ [a-z]+(\|[a-z]+)+/) {
    split(substr($0, RSTART + 2, RLENGTH - 2), part, " ")
    gsub(/\|/, " ", part[2])
    choice[part[1]] = part[2]
}

function bash(    i, names, values) {
    for (i = 1; i <= count; i++) {
        names = names " --" order[i]
        if (takes_value[order[i]] && !(order[i] in choice))
            values = values (values ? "|" : "") "--" order[i]
    }
    printf "_%s()\n{\n    COMPREPLY=()\n    case $3 in\n", program
    for (i in choice)
        printf "    --%s) mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$2\") && return ;;\n", i, choice[i]
    printf "    %s) return ;; # a file, or what only the user knows\n    esac\n", values
    printf "    [[ $2 != -* ]] || mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$2\")\n}\n", substr(names, 2)
    printf "complete -o default -F _%s %s\n", program, program
}

function zsh(    i, name) {
    printf "#compdef %s\n_arguments -S", program
    for (i = 1; i <= count; i++) {
        name = order[i]
        printf " \\\n    '*--%s", name
        if (takes_value[name])
            printf "=:%s:%s", name, name in choice ? "(" choice[name] ")" : "_files"
        printf "'"
    }
    printf " \\\n    '*:argument:_files'\n"
}

END {
    if (shell == "bash")
        bash()
    else
        zsh()
}
