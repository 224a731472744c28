; Prints so much that its output is coalesced, then spins. With KEY defined, it waits for a key
; instead, prints more and halts.
%include "guest.inc"

main:
        mov bx, 150
.line:
        say `Can anybody hear me?\n`
        dec bx
        jnz .line
        say `spinning`
%ifdef KEY
        mov dx, CONSOLE
        in al, dx
        out dx, al
        say ` no more\n`
        hlt
%else
        jmp $
%endif
