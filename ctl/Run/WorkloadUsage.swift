import Catalogue

/// How `parctl run` is called for a workload.
enum WorkloadUsage {
    /// The form of the command line.
    static func form(of entry: Entry, command: String) -> String {
        let operands =
            switch entry.id {
            case .exec: " COMMAND [WORD...] [::: ARGUMENT...]"
            case .native: " LIBRARY:FUNCTION [INPUT... | ::: INPUT... | --from FILE | -]"
            case .download: " [URL... | --from FILE | -]"
            case .api: " URL [BODY... | --from FILE | -]"
            default: ""
            }
        return "parctl \(command) \(entry.name) [OPTION...]\(operands)"
    }

    static func examples(of entry: Entry) -> [String] {
        switch entry.id {
        case .noop: ["noop --tasks 1000000 --threads 2", "noop --processes 4 --cold"]
        case .sleep: ["sleep --for 50ms --threads 8 --tasks 64", "sleep --for 1s --timeout 3s --serial"]
        case .cpu: ["cpu --iterations 50_000_000 --threads 2", "cpu --processes 2 --tasks 64 --timeline"]
        case .io:
            [
                "io --threads 4", "io --size 64MiB --fsync --read --processes 2 --dir /var/tmp",
                "io --same-file --threads 4",
            ]
        case .dot: ["dot --size 512 --threads 2", "dot --size 2048 --dtype f32 --blas-threads 1 --processes 2"]
        case .exec:
            [
                "exec --threads 4 gzip -k {} ::: *.log", "exec -a list.txt --joblog jobs.log --resume ./convert {}",
                "exec --timeout 5s --retries 3 --halt soon,fail=1 curl -sO {} ::: URL URL",
                "exec --shell --tag 'grep -c error {} || true' ::: *.log",
                "exec sh -c 'wc -l < \"$1\"' sh {} ::: *.log",
            ]
        case .native:
            [
                "native ./libshout.so:shout --threads 2 hello world", "native ./libmine.so:work --from items.txt --tag",
                "native ./libmine.so:work --processes 2 --output results -0 -",
            ]
        case .download:
            [
                "download --threads 8 --output pages https://example.org/a https://example.org/b",
                "download --from urls.txt --max-time 10s --records",
                "download http://localhost:8080/ --tasks 100 --json",
            ]
        case .api:
            [
                "api http://localhost:8080/items --method POST '{\"n\": 1}' '{\"n\": 2}'",
                "api http://localhost:8080/items --method PUT --header 'Authorization: Bearer …' --from bodies.jsonl",
            ]
        }
    }

    /// The examples of runs as a part of a help text.
    static func examplesText(of entry: Entry) -> String {
        "\nEXAMPLES:\n" + examples(of: entry).map { "  parctl run \($0)\n" }.joined()
    }
}
