"""How a screen draws on a page: Textual's driver for browsers, which ends with the server that it draws for."""

import asyncio
import os

from textual import messages
from textual.drivers.web_driver import WebDriver

END_SECONDS = 5.0  # that a screen has for its end once nobody is left to see it


class PageDriver(WebDriver):
    """Ends the screen at the end of its input, which the server has closed, however it ended itself."""

    def start_application_mode(self) -> None:
        self._loop = asyncio.get_running_loop()
        super().start_application_mode()

    def run_input_thread(self) -> None:
        super().run_input_thread()
        if not self.exit_event.is_set():
            asyncio.run_coroutine_threadsafe(self._app._post_message(messages.ExitApp()), self._loop)
            if not self.exit_event.wait(END_SECONDS):
                os._exit(1)  # it hangs, and holds nothing: what trains is another process
