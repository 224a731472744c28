; Clause: each feed port has its own position. Reads four bytes from each of the 13 ports, three
; times.
%include "guest.inc"

main:
        mov bp, 3
.round:
        mov bx, 0x100
.weather:
        call four
        cmp bx, 0x107
        jne .weather
        mov bx, 0x201
.air_quality:
        call four
        cmp bx, 0x207
        jne .air_quality
        say `\n`
        dec bp
        jnz .round
        hlt

; Prints four bytes of port BX, then increments BX.
four:
        mov dx, bx
        mov di, BUFFER
        mov cx, 4
        rep insb
        mov si, BUFFER
        mov cx, 4
        call print_bytes
        mov dx, CONSOLE
        mov al, '|'
        out dx, al
        inc bx
        ret
