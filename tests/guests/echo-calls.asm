; Copies its input to its output, waiting for each part of it, and ends with 7; with the errno of a
; write that fails.
        bits 16
        org 0x1000
%include "call.inc"

BUFFER          equ 0x8000

main:
        host CALL_WAIT, INPUT_EVENT, EVER
        expect INPUT_EVENT
        host CALL_READ, BUFFER, 4096
        mov ebx, [call.result]
        test ebx, ebx
        jz .end
        mov dword [call.number], CALL_WRITE
        mov dword [call.arguments], OUTPUT
        mov dword [call.arguments + 8], BUFFER
        mov [call.arguments + 16], ebx
        make_call
        mov ebx, [call.result]
        test ebx, ebx
        jg main
        neg ebx
        mov dword [call.number], CALL_EXIT
        mov [call.arguments], ebx
        make_call
.end:
        host CALL_EXIT, 7
