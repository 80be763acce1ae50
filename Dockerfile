# Not tested by us: there is no container engine where goodterms is built. Tell us what you find.
#
# One image for every process: `docker run goodterms up`, or `web`, `engine`, `worker`.
FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates make nodejs npm python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --home-dir /srv/goodterms --shell /usr/sbin/nologin goodterms
USER goodterms
WORKDIR /srv/goodterms/app
COPY --chown=goodterms . .
# The same set-up as everywhere, without root: packages, Asterisk below the user's cache, front end.
RUN ops/setup demo && rm -rf ui/node_modules

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 tini util-linux \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --home-dir /srv/goodterms --shell /usr/sbin/nologin goodterms
COPY --from=build --chown=goodterms /srv/goodterms /srv/goodterms
USER goodterms
WORKDIR /srv/goodterms/app
ENV GOODTERMS_HOME=/srv/goodterms/state GOODTERMS_HOST=0.0.0.0
RUN mkdir /srv/goodterms/state
VOLUME /srv/goodterms/state
EXPOSE 8080
ENTRYPOINT ["tini", "--", "/srv/goodterms/app/.venv/bin/goodterms"]
CMD ["up"]
