"""The design this gateway replaces: Flask + SQLAlchemy `query.all()`, rendered to CSV by the csv module.

Asks its own route through a real HTTP server once and prints seconds, bytes and peak resident memory in KiB.
Debian: python3-flask python3-sqlalchemy python3-psycopg2
"""
import csv
import io
import json
import os
import resource
import threading
import time
import urllib.request

from flask import Flask, Response
from sqlalchemy import Column, DateTime, Float, String, create_engine
from sqlalchemy.orm import Session, declarative_base
from werkzeug.serving import make_server

Base = declarative_base()


class Measurand(Base):
    __tablename__ = "environment_airq_measurand"
    time_instant = Column("TimeInstant", DateTime(timezone=True), primary_key=True)
    id_entity = Column(String, primary_key=True)
    so2 = Column(Float)
    no2 = Column(Float)
    co = Column(Float)
    o3 = Column(Float)
    pm10 = Column(Float)
    pm2_5 = Column(Float)


engine = create_engine(os.environ["DATABASE_URL"])
app = Flask(__name__)
columns = ["TimeInstant", "id_entity", "so2", "no2", "co", "o3", "pm10", "pm2_5"]


@app.route("/air_quality")
def air_quality():
    with Session(engine) as session:
        rows = session.query(Measurand).order_by(Measurand.time_instant, Measurand.id_entity).all()
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        for m in rows:
            writer.writerow([m.time_instant.isoformat(), m.id_entity, m.so2, m.no2, m.co, m.o3, m.pm10, m.pm2_5])
        return Response(out.getvalue(), mimetype="text/csv")


server = make_server("127.0.0.1", 0, app)
threading.Thread(target=server.serve_forever, daemon=True).start()
start = time.perf_counter()
with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/air_quality") as answer:
    size = 0
    while chunk := answer.read(65536):
        size += len(chunk)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": seconds, "bytes": size, "peakKibibytes": peak}))
