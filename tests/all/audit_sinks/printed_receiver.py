"""A webhook receiver that is what docs/audit-log.md prints, given in a file, with a server around it."""
import base64, hashlib, hmac, http.server, json, ssl, sys, time

port, certificate, key, out, text, outline = sys.argv[1:]
secret, kept = text.encode(), {}
exec("def check(headers, body):\n" + open(outline, encoding="utf-8").read())


def append(name, line):
    with open(name, "ab") as file:
        file.write(line + b"\n")


def keep(line):
    append(out, line)


def alarm(seq):
    append(out + ".alarms", str(seq).encode())


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(check(self.headers, body) or 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", int(port)), Receiver)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(certificate, key)
server.socket = tls.wrap_socket(server.socket, server_side=True)
server.serve_forever()
