"""Runs one module of CPython's tests, test.NAME, and writes a line "@@ OUTCOME ID" for each of its
test cases; the same in a VM and beside it. usage: cases.py NAME
"""
import importlib
import os
import sys
import time
import unittest

import test.support
from test.support import os_helper

OUT = os.dup(1)


class Result(unittest.TestResult):
    def say(self, outcome, case):
        os.write(OUT, f"@@ {outcome} {case.id()}\n".encode(errors="replace"))

    def addSuccess(self, test):
        self.say("ok", test)

    def addError(self, test, error):
        self.say("error", test)
        super().addError(test, error)
        sys.stderr.write(f"{test.id()}: {self.errors[-1][1]}\n")

    def addFailure(self, test, error):
        self.say("failure", test)
        super().addFailure(test, error)
        sys.stderr.write(f"{test.id()}: {self.failures[-1][1]}\n")

    def addSkip(self, test, reason):
        self.say("skipped", test)

    def addExpectedFailure(self, test, error):
        self.say("ok", test)

    def addUnexpectedSuccess(self, test):
        self.say("failure", test)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.addFailure(subtest, error)


def main():
    test.support.use_resources = []
    test.support.verbose = 0
    os.chdir("/tmp")
    with os_helper.temp_cwd():
        module = importlib.import_module("test." + sys.argv[1])
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        suite.run(Result())
    os.write(OUT, b"@@ end\n")


if __name__ == "__main__":
    main()
