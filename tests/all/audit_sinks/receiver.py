"""A webhook receiver: checks the signature, writes the batch, answers once it is on the disk."""
import base64, hashlib, hmac, http.server, os, ssl, sys, time

port, certificate, key, out, secret, seconds, longest, slowly = sys.argv[1:]
file = open(out, "ab", buffering=0)
heads = open(out + ".headers", "ab", buffering=0)


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        signed = b".".join([self.headers["webhook-id"].encode(), self.headers["webhook-timestamp"].encode(), body])
        digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
        if len(body) > int(longest):
            self.send_response(413)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        is_right = self.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
        if is_right:
            file.write(body)
            heads.write(str(self.headers).encode())
            os.fsync(file.fileno())
            time.sleep(float(seconds))
        if is_right and slowly == "slowly":
            # Accepted; what follows has no end.
            self.send_response(200)
            self.send_header("content-length", "1000000")
            self.end_headers()
            while True:
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.1)
        self.send_response(204 if is_right else 401)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(certificate, key)
server.socket = tls.wrap_socket(server.socket, server_side=True)
server.serve_forever()
