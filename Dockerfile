# earwitness in a container: nothing runs as root, nothing is written.
#
#   docker build -t earwitness .                         # or: buildah bud --format docker -t earwitness .
#   docker run --rm earwitness key new callcentre        # the key, and the option that lets it in
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges -p 8080:8080 earwitness \
#     serve --host 0.0.0.0 --key callcentre=…
FROM node:20-bookworm-slim AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /earwitness
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY client client
# Without what other systems and other versions of Node would load, the image is half as large.
RUN npm run build && npm prune --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/onnxruntime-node/bin/*/darwin node_modules/onnxruntime-node/bin/*/win32 \
  && find node_modules/uWebSockets.js -name '*.node' ! -name "uws_linux_*_$(node -p process.versions.modules).node" -delete

FROM node:20-bookworm-slim
# An init: no signal of its own ends the first process of a container, and a server whose inferences hang has no other end.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /earwitness
COPY --from=build /earwitness/package.json ./
COPY --from=build /earwitness/node_modules node_modules
COPY --from=build /earwitness/dist dist
COPY models/default models/default
COPY deploy/container deploy/container
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "deploy/container/health.mjs"]
ENTRYPOINT ["tini", "--", "node", "dist/src/cli/main.js"]
CMD ["serve", "--host", "0.0.0.0"]
