"""What is kept of a compiled loop: its machine code, and no more of what numba made on the way than a run needs.

numba keeps a loop with the code that others are linked with, reads that at each start, imports whatever the loop's
small parts come from (SciPy's linear algebra for one sum), and first loads all that it needs to compile. For a hundred
loops that is a second before a picture.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from llvmlite import binding as llvm
from numba.core.caching import CompileResultCacheImpl
from numba.core.environment import Environment, lookup_environment
from numba.core.runtime.nrt import rtsys


class KeptEnvironment(NamedTuple):
    """The constants of a loop that are Python's, such as what it raises."""

    name: str
    module: str
    consts: tuple[Any, ...]

    @classmethod
    def of(cls, environment: Any) -> KeptEnvironment:
        """Keep one."""
        return cls(environment.env_name, environment.globals.get("__name__", ""), tuple(environment.consts))

    def restored(self) -> Any:
        """Make it again, or return the one that is there. The module that it comes from is not imported for it."""
        environment = lookup_environment(self.name)
        if environment is None:
            module = sys.modules.get(self.module)
            environment = Environment({"__name__": self.module} if module is None else vars(module))
            environment.consts[:] = self.consts
            environment.env_name = self.name
            Environment._memo[self.name] = environment
        return environment


class MachineCode(CompileResultCacheImpl):
    """Turns compiled loops into what is kept of them, and back."""

    def is_linked(self) -> bool:
        """Whether other loops may be compiled that call this one, and are linked with it."""
        return True

    def reduce(self, cres: Any) -> Any:
        """Return what is kept."""
        (name, kind, (code, linked)), fndesc, environment, signature, *_, others = cres._reduce()
        is_linked = self.is_linked()
        symbols = [] if is_linked else _defined(cres.library._get_module_for_linking())
        library = name, kind, (code, linked if is_linked else _nothing())
        environments = [KeptEnvironment.of(one) for one in (environment, *others)]
        return library, symbols, fndesc, signature, cres.reload_init, environments

    def rebuild(self, target_context: Any, payload: Any) -> Any:
        """Return the loop, ready to be called."""
        library, symbols, fndesc, signature, reload_init, environments = payload
        own, *others = [one.restored() for one in environments]
        # What counts who holds an array; `target_context.refresh` would load all that compiles besides.
        rtsys.initialize(target_context)
        target_context.codegen()._engine._defined_symbols.update(symbols)
        whole = library, fndesc, own, signature, False, (), "", reload_init, tuple(others)
        return super().rebuild(target_context, whole)


def _defined(module: Any) -> list[str]:
    """Name what a module has, which numba asks for before it looks."""
    return [
        one.name for found in (module.functions, module.global_variables) for one in found if not one.is_declaration
    ]


def _nothing() -> bytes:
    """Make the code of a module that holds nothing."""
    return llvm.parse_assembly("").as_bitcode()
