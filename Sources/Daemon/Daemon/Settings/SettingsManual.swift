import Catalogue

/// pard.yaml(5), from the settings themselves, so that neither can tell of what the other doesn't have.
public enum SettingsManual {
    /// The page in mdoc(7), but for its first line, the date.
    public static var text: String {
        """
        .Dt PARD.YAML 5
        .Os
        .Sh NAME
        .Nm pard.yaml
        .Nd settings of pard
        .Sh DESCRIPTION
        A file with one
        .Ql name: value
        on each line, and comments behind
        .Ql # .
        This is the plain part of YAML: values may stand in quotes; lists, nesting and everything else in YAML are refused.
        Settings that are not in it have their defaults, so the file may be empty or missing.
        An unknown name or a bad value makes the whole file invalid:
        .Xr pard 8
        does not start with it, and when it reads it again, keeps the settings that it has and says why.
        .Pp
        Each setting can also be given as a variable, which takes precedence over the file, or as a flag, which takes precedence over both.
        .Pp
        .Ic systemctl reload pard
        has a running daemon read the file again.
        .Sh SETTINGS
        .Bl -tag -width 6n
        \(Setting.all.map(item).joined(separator: "\n"))
        .El
        .Sh FILES
        .Bl -tag -width 6n
        .It Pa /etc/pard/pard.yaml
        Read by the daemon that serves all users.
        .It Pa $XDG_CONFIG_HOME/pard/pard.yaml , ~/.config/pard/pard.yaml
        Read by a user's own daemon.
        .El
        .Sh EXAMPLES
        .Bd -literal -offset 2n
        floor-threads: 8
        floor-processes: 0
        idle-time: 5m
        io-size-limit: 256MiB
        .Ed
        .Sh SEE ALSO
        .Xr parctl 1 ,
        .Xr systemctl 1 ,
        .Xr pard 8

        """
    }

    /// What it means, what it takes, its defaults, its other names, and when a change of it counts.
    private static func item(_ setting: Setting) -> String {
        let option = setting.option
        let defaults: [String] = [
            option.value.map {
                "Default: \($0)\(setting.sharedValue.map { ", or \($0) for a daemon that serves all users" } ?? "")."
            }
        ].compactMap(\.self)
        let lines =
            [".It Ic \(setting.name)", sentence(option.summary), sentence("takes \(setting.expected)")] + defaults
            + (setting.isLive ? [] : ["Counts from the next start on."])
            + [".br", "Also as", ".Ev \(setting.variable)", "and", ".Fl -\(setting.name) ."]
        return lines.joined(separator: "\n")
    }

    private static func sentence(_ text: String) -> String { "\(text.prefix(1).uppercased())\(text.dropFirst())." }
}
