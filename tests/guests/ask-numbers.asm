; Asks port 0x500 with each of the arguments 000 to 999, and prints each text on a line.
%include "guest.inc"

PORT            equ 0x500

main:
        cld
        mov bp, 1000
.ask:
        mov dx, PORT
        mov si, number
        mov cx, 3
        rep outsb
        mov di, BUFFER
        mov cx, 255
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
        mov bx, number + 2
.count:
        inc byte [bx]
        cmp byte [bx], '9'
        jbe .counted
        mov byte [bx], '0'
        dec bx
        jmp .count
.counted:
        dec bp
        jnz .ask
        hlt

        db 0                    ; the carry of 999
number: db "000"
