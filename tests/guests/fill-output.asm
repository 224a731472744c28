; Fills its output until a write fails, which a tick sees to, and ends with the errno.
        bits 16
        org 0x1000
%include "call.inc"

main:
        host CALL_TICK, 2000000
.again:
        host CALL_WRITE, OUTPUT, 0x10000, 0x10000
        mov ebx, [call.result]
        test ebx, ebx
        jg .again
        neg ebx
        mov dword [call.number], CALL_EXIT
        mov [call.arguments], ebx
        make_call
