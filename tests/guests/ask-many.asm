; Asks port 0x100 as often as COUNT says (nasm -D; 0, the default: for ever), and prints each text on
; a line.
%include "guest.inc"

%ifndef COUNT
%define COUNT 0
%endif

main:
        cld
        mov bp, COUNT
.ask:
        mov dx, TWEET
        mov di, BUFFER
        mov cx, 255             ; of a text of 255 bytes or more, only the first part
        rep insb
        mov byte [di], 0
        mov si, BUFFER
        mov dx, CONSOLE
.next:
        lodsb
        test al, al
        jz .end
        out dx, al
        jmp .next
.end:
        mov al, `\n`
        out dx, al
%if COUNT
        dec bp
        jz .halt
%endif
        jmp .ask
.halt:
        hlt
