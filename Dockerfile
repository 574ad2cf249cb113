# A plain way to the same image for those with an engine; releases are built by `npm run image` (docs/operations/image.md), byte for byte the same each time, and this is not.
# Both bases are to be pinned by digest: docker build --build-arg BUILD_BASE=node:24-bookworm-slim@sha256:… --build-arg RUN_BASE=gcr.io/distroless/nodejs24-debian12:nonroot@sha256:… .
ARG BUILD_BASE
ARG RUN_BASE

FROM ${BUILD_BASE} AS packages
WORKDIR /opt/parcelkeep
COPY package.json package-lock.json ./
COPY console/package.json console/
# PostgreSQL and Node's own package are optional ones; the base has Node, and the database is elsewhere.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY LICENSE ./
COPY registers registers
COPY src src
RUN find src -name '*.test.ts' -delete

# No shell, no package manager.
FROM ${RUN_BASE}
WORKDIR /opt/parcelkeep
COPY --from=packages --chown=0:0 /opt/parcelkeep /opt/parcelkeep
ENV PARCELKEEP_DATA=/data
USER 65532:65532
VOLUME ["/data", "/tmp"]
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/nodejs/bin/node", "/opt/parcelkeep/src/cli/main.ts"]
CMD ["serve", "--role", "front"]
