; Clause: IN from the console, in each size, single and as a string. Reads the 14 keys a to n. A
; wider IN is zero-extended.
%include "guest.inc"

main:
        mov dx, CONSOLE
        mov eax, -1
        in al, dx               ; a
        call print_hex
        mov dx, CONSOLE
        mov eax, -1
        in ax, dx               ; b
        call print_hex
        mov dx, CONSOLE
        mov eax, -1
        in eax, dx              ; c
        call print_hex

        mov dx, CONSOLE
        mov di, BUFFER
        insb                    ; d
        mov cx, 5
        rep insb                ; e to i
        mov cx, 2
        rep insw                ; j, k
        mov cx, 2
        rep insd                ; l, m
        xor cx, cx
        rep insb                ; nothing
        in al, dx               ; n
        stosb

        mov si, BUFFER
        mov cx, di
        sub cx, si
        call print_bytes
        say `\n`
        hlt
