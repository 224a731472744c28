; Reads keys for ever, singly and as strings.
%include "guest.inc"

main:
        say `reading\n`
        mov dx, CONSOLE
        mov ax, cs
        mov es, ax
.next:
        in al, dx
        mov di, BUFFER
        mov cx, 1000
        rep insb
        jmp .next
