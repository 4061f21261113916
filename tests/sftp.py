"""A real SFTP server for tests of sources, on loopback, over a folder."""

import os
import socket
import threading
from contextlib import contextmanager, suppress

import paramiko


class Files(paramiko.SFTPServerInterface):
    """Files of one folder, read only."""

    root = ""

    def list_folder(self, path):
        """What lies in the folder."""
        folder = self.root + path
        if not os.path.isdir(folder):
            return paramiko.SFTP_NO_SUCH_FILE
        found = []
        for entry in os.scandir(folder):
            found.append(paramiko.SFTPAttributes.from_stat(entry.stat(), entry.name))
        return found

    def stat(self, path):
        """One file's."""
        return paramiko.SFTPAttributes.from_stat(os.stat(self.root + path))

    def open(self, path, flags, attr):
        """To be read."""
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = open(self.root + path, "rb")  # noqa: SIM115 - the handle closes it
        handle.stat = lambda: paramiko.SFTPAttributes.from_stat(os.fstat(handle.readfile.fileno()))
        return handle


class Gatekeeper(paramiko.ServerInterface):
    """Lets one login in, by password or by one of the keys that it knows; remembers which passwords it was told."""

    told: list = []
    keys: list = []
    more = False

    def get_allowed_auths(self, username):
        """Both."""
        return "password,publickey"

    def check_auth_publickey(self, username, key):
        """Is it one of them? With `more` that is only the first step."""
        if username != "parks" or f"{key.get_name()} {key.get_base64()}" not in self.keys:
            return paramiko.AUTH_FAILED
        return paramiko.AUTH_PARTIALLY_SUCCESSFUL if self.more else paramiko.AUTH_SUCCESSFUL

    def check_auth_password(self, username, password):
        """Is it the one?"""
        self.told.append(password)
        good = (username, password) == ("parks", "plain blue kite")
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        """Sessions."""
        return paramiko.OPEN_SUCCEEDED


@contextmanager
def sftp_server(root, key):
    """A real SFTP server on loopback; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    Files.root, Gatekeeper.told, Gatekeeper.keys, Gatekeeper.more, kept = str(root), [], [], False, []

    def serve():
        with suppress(OSError):
            while True:
                client, _address = listener.accept()
                transport = paramiko.Transport(client)
                kept.append(transport)
                transport.add_server_key(key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
                with suppress(paramiko.SSHException, EOFError):
                    transport.start_server(event=threading.Event(), server=Gatekeeper())

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for transport in kept:
            transport.close()
