"""Sends requests that clients in Python sign: a job on each line of the input, an answer on each of the output."""

import http.client
import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import requests
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests_aws4auth import AWS4Auth


def send(job, url, headers):
    """Sends what has been signed as it is."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    target = parts.path + ("?" + parts.query if parts.query else "")
    connection.request(job["method"], target, body=job["body"].encode(), headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def botocore(job, signer=SigV4Auth):
    request = AWSRequest(job["method"], job["url"], headers=job["headers"], data=job["body"].encode())
    credentials = Credentials(job["id"], job["secret"], job["token"])
    signer(credentials, "execute-api", job["region"]).add_auth(request)
    return send(job, request.url, dict(request.headers.items()))


def botocore_presigned(job):
    return botocore(job, SigV4QueryAuth)


def requests_aws4auth(job):
    auth = AWS4Auth(job["id"], job["secret"], job["region"], "execute-api", session_token=job["token"])
    answer = requests.request(
        job["method"], job["url"], headers=job["headers"], data=job["body"].encode(), auth=auth
    )
    return answer.status_code, answer.text


def awscurl(job):
    command = [sys.executable, "-m", "awscurl", "--service", "execute-api", "--region", job["region"]]
    command += ["--access_key", job["id"], "--secret_key", job["secret"], "-X", job["method"]]
    if job["token"]:
        command += ["--security_token", job["token"]]
    for name, value in job["headers"].items():
        command += ["-H", f"{name}: {value}"]
    if job["body"]:
        command += ["-d", job["body"]]
    said = subprocess.run(command + [job["url"]], capture_output=True, text=True, env=os.environ)
    # It prints no status. Those who are refused get a message.
    is_refused = '{"message":' in said.stdout.lower() or not said.stdout
    return (403 if is_refused else 200), said.stdout + said.stderr


CLIENTS = {
    "botocore": botocore,
    "botocore-presigned": botocore_presigned,
    "requests-aws4auth": requests_aws4auth,
    "awscurl": awscurl,
}

for line in sys.stdin:
    job = json.loads(line)
    status, body = CLIENTS[job["client"]](job)
    print(json.dumps({"status": status, "body": body}), flush=True)
