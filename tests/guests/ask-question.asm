; Asks the question on port 0x500 with each line that is typed, and prints the answers, until an empty
; line.
%include "guest.inc"

QUESTION        equ 0x500

main:
        mov dx, CONSOLE
        in al, dx
        cmp al, `\n`
        je .end
.argument:
        mov dx, QUESTION
        out dx, al
        mov dx, CONSOLE
        in al, dx
        cmp al, `\n`
        jne .argument
.answer:
        mov dx, QUESTION
        in al, dx
        test al, al
        jz .answered
        mov dx, CONSOLE
        out dx, al
        jmp .answer
.answered:
        say `\n`
        jmp main
.end:
        hlt
