/** What a process loads before anything else, `node --import ./tracing.mjs dist/main.js`: it sends spans by OTLP/HTTP. */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

const provider = new NodeTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});

// Takes and passes on `traceparent`, and finds the parent of a span across promises and callbacks.
provider.register();
