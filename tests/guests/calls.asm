; Calls of every kind with addresses at every edge; 4 MiB of memory, and "0123456789" as the input.
; The status is 0, or the number of the call that had another result than expected.
        bits 16
        org 0x1000
%include "call.inc"

RAM             equ 4 << 20                     ; where memory ends

; make_other ADDRESS: an OUT of this address. Spoils EAX, EDX.
%macro make_other 1
        mov eax, %1
        mov edx, CALL_PORT
        out dx, eax
%endmacro

text:           db `text\n`
hostile:        db `a\nb\x1b[2J`, 0, 0xff, `c`
HOSTILE         equ $ - hostile

main:
        host 0                                  ; unknown calls
        expect ENOSYS
        host 7
        expect ENOSYS
        host 0xffffffff
        expect ENOSYS
        mov dword [call.version], VERSION + 1   ; other versions
        host CALL_WRITE, OUTPUT, text, 5
        expect EPROTO
        mov dword [call.version], 0
        host CALL_EXIT, 99
        expect EPROTO
        mov dword [call.version], VERSION

        host CALL_WRITE, OUTPUT, text, 5             ; streams
        expect 5
        host CALL_WRITE, ERROR, text, 5
        expect 5
        host CALL_WRITE, LOG, text, 4
        expect 4
        host CALL_WRITE, LOG, hostile, HOSTILE
        expect HOSTILE
        host CALL_WRITE, LOG, 0x10000, 0x10000
        expect 0x10000
        host CALL_WRITE, INPUT, text, 5
        expect EBADF
        host CALL_WRITE, 4, text, 5
        expect EBADF
        host CALL_WRITE, (1 << 32) + OUTPUT, text, 5
        expect EBADF
        host CALL_WRITE, OUTPUT, text, 0
        expect 0

        host CALL_WRITE, OUTPUT, RAM - 1, 1          ; edges of the memory
        expect 1
        host CALL_WRITE, OUTPUT, RAM - 1, 2
        expect EFAULT
        host CALL_WRITE, OUTPUT, RAM, 1
        expect EFAULT
        host CALL_WRITE, OUTPUT, RAM - 0x10000, 0x10000
        expect 0x10000
        host CALL_WRITE, OUTPUT, RAM - 0x10001, 0x10001
        expect EFAULT
        host CALL_WRITE, OUTPUT, 3 << 30, 1          ; where more memory would be
        expect EFAULT
        host CALL_WRITE, OUTPUT, (4 << 30) - 1, 2
        expect EFAULT
        host CALL_WRITE, OUTPUT, 4 << 30, 1
        expect EFAULT
        host CALL_WRITE, OUTPUT, (1 << 32) + text, 5   ; not by its lower half
        expect EFAULT
        host CALL_WRITE, OUTPUT, EVER, 1             ; wrap-around
        expect EFAULT
        host CALL_WRITE, OUTPUT, EVER, 2
        expect EFAULT
        host CALL_WRITE, OUTPUT, text, EVER
        expect EFAULT
        host CALL_WRITE, OUTPUT, text, EVER - 0xff
        expect EFAULT
        host CALL_WRITE, OUTPUT, 1 << 63, 1 << 63
        expect EFAULT
        host CALL_WRITE, OUTPUT, TIME, 1             ; memory, but not the guest's own
        expect EFAULT
        host CALL_WRITE, OUTPUT, CONFIG, 1
        expect EFAULT
        host CALL_READ, CONFIG, 1
        expect EFAULT
        host CALL_READ, IMAGES, 1
        expect EFAULT
        host CALL_READ, RAM - 1, 2
        expect EFAULT
        host CALL_READ, RAM, 0x10001
        expect EFAULT

        host CALL_READ, call, 4                      ; over the call itself
        expect 4
        mov dword [call.version], VERSION
        host CALL_READ, call.result - 2, 4           ; and over its result
        expect 4
        host CALL_READ, RAM - 10, 10
        expect 2
        host CALL_READ, text, 5                      ; the end
        expect 0
        host CALL_WAIT, INPUT_EVENT, EVER
        expect INPUT_EVENT

        host CALL_ASK, RAM - 31                 ; questions: where they lie
        expect EFAULT
        host CALL_ASK, RAM
        expect EFAULT
        host CALL_ASK, ask + 4
        expect EFAULT
        host CALL_ASK, TIME
        expect EFAULT
        host CALL_ASK, EVER - 7
        expect EFAULT
        mov dword [ask.buffer], RAM - 8191      ; where their answer goes
        host CALL_ASK, ask
        expect EFAULT
        mov dword [ask.buffer], RAM - 8192
        mov word [ask.port], 0x1fe              ; what they ask
        host CALL_ASK, ask
        expect EINVAL
        mov word [ask.port], 0x1ff
        mov word [ask.zero], 1
        host CALL_ASK, ask
        expect EINVAL
        mov word [ask.zero], 0
        mov dword [ask.offset], 1 << 20
        host CALL_ASK, ask
        expect EINVAL
        mov dword [ask.offset], 0
        mov dword [ask.length], 1025            ; and their argument
        host CALL_ASK, ask
        expect EINVAL
        mov dword [ask.length], 1024
        mov dword [ask.argument], RAM - 1023
        host CALL_ASK, ask
        expect EINVAL
        mov dword [ask.length], -1
        mov dword [ask.argument], 0
        host CALL_ASK, ask
        expect EINVAL

        host CALL_TICK, 999999
        expect EINVAL
        host CALL_TICK, EVER
        expect 0
        host CALL_TICK, 0
        expect 0

        mov dword [call.result], NO_CALL        ; OUTs that are no call
        make_other call + 4
        expect NO_CALL
        make_other RAM
        make_other RAM - 8
        make_other 0xffffffff
        make_other 0xfffffff8
        mov ax, call
        out dx, ax
        out dx, al
        expect NO_CALL
        mov si, pointer
        mov cx, 2
        rep outsw
        mov si, pointer
        mov cx, 4
        rep outsb
        expect NO_CALL
        in eax, dx                              ; the port cannot be read
        cmp eax, 0xffffffff
        je .unreadable
        host CALL_EXIT, expectations
.unreadable:
        mov dword [call.number], CALL_WAIT      ; a string of calls, the last of which is none
        mov dword [call.arguments], 0
        mov si, pointer
        mov cx, 2
        rep outsd
        expect 0
        host CALL_EXIT, 0

align 8
ask:                                            ; struct linux_ask
.argument:      dq 0
.buffer:        dq 0
.length:        dd 0
.port:          dw 0x1ff
.zero:          dw 0
.offset:        dd 0
.total:         dd 0
pointer:        dd call, call + 1
