; Clause: a port without a device reads as all ones in each size, and ignores writes. The ports next
; to the devices have none.
%include "guest.inc"

main:
        xor eax, eax
        in al, 0x60
        call print_hex
        xor eax, eax
        in ax, 0x60
        call print_hex
        xor eax, eax
        in eax, 0x60
        call print_hex

        mov dx, 0x60
        mov di, BUFFER
        mov cx, 2
        rep insw
        mov eax, [BUFFER]
        call print_hex
        mov eax, [BUFFER + 4]
        call print_hex

        mov bx, beside
.next:
        mov dx, [bx]
        xor eax, eax
        in al, dx
        call print_hex
        inc bx
        inc bx
        cmp bx, beside_end
        jne .next

        mov al, 0xfe            ; would reset a PC
        out 0x64, al
        out 0x64, ax
        out 0x64, eax
        say `\n`
        hlt

beside: dw 0xff, 0x107, 0x200, 0x207, CONSOLE - 1, CONSOLE + 1
beside_end:
