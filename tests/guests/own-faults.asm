; What ends no VM: a fault of a guest that has a handler for it is its own affair. The handlers
; print their vector and go on behind the instruction, whose length is in BP.
%include "guest.inc"

; attempt INSTRUCTION: with a note of its length
%macro attempt 1+
        mov bp, %%end - %%start
%%start:
        %1
%%end:
%endmacro

%macro handler 1
handler_%1:
        mov bx, '0' + %1 / 10 | ('0' + %1 % 10) << 8
        jmp report
%endmacro

main:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7000
        mov word [1 * 4], handler_1
        mov word [3 * 4], handler_3
        mov word [6 * 4], handler_6
        mov word [13 * 4], handler_13

        xor bp, bp              ; the return address of a trap is behind the instruction
        int3
        pushf
        pop ax
        or ah, 1                ; a trap behind each instruction; the handler ends that
        push ax
        popf
        nop
        attempt ud2
        mov ecx, 0x7fffffff     ; no such register
        attempt rdmsr
        attempt wrmsr
        mov eax, 0x80000000     ; paging without protection
        attempt mov cr0, eax
        say `\n`
        hlt

        handler 1
        handler 3
        handler 6
        handler 13

report:
        mov dx, CONSOLE
        mov al, bl
        out dx, al
        mov al, bh
        out dx, al
        mov al, ' '
        out dx, al
        mov bx, sp
        add [bx], bp
        and byte [bx + 5], ~1
        iret
