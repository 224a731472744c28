; Waits, and interrupts of the tick: three arrive, none while they are masked or after the tick was
; stopped, and a wait ends with one. The input stays empty. The status is 0, or the number of the
; line that failed.
        bits 16
        org 0x1000
%include "call.inc"

VECTOR          equ 0x20

main:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x1000
        mov word [4 * VECTOR], tick
        mov word [4 * VECTOR + 2], 0
        host CALL_READ, 0x8000, 1
        expect EAGAIN
        host CALL_WAIT, INPUT_EVENT, 0
        expect 0
        host CALL_WAIT, INPUT_EVENT, 1000000
        expect 0
        host CALL_TICK, 2000000
        expect 0
        host CALL_WAIT, INPUT_EVENT, EVER       ; ended by a tick that cannot arrive yet
        expect 0
        cmp dword [ticks], 0
        je .enable
        host CALL_EXIT, expectations
.enable:
        sti
.spin:
        cmp dword [ticks], 3
        jb .spin
        host CALL_WAIT, 0, EVER                 ; ended by the next
        expect 0
        host CALL_TICK, 0
        expect 0
        mov ebx, [ticks]
        host CALL_WAIT, 0, 50000000
        expect 0
        cmp [ticks], ebx
        je .end
        host CALL_EXIT, expectations
.end:
        host CALL_EXIT, 0

tick:
        inc dword [ticks]
        iret

align 4
ticks:          dd 0
