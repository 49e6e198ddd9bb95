# dmidecode's text -> "keyword TAB value" lines.
# The titles of the structures (dmidecode -q leaves handles and comments out) and their prefix in dmidecode's keywords.
BEGIN {
    prefix["BIOS Information"] = "bios"
    prefix["System Information"] = "system"
    prefix["Base Board Information"] = "baseboard"
    prefix["Chassis Information"] = "chassis"
    prefix["Processor Information"] = "processor"
    name["Vendor"] = "vendor"
    name["Version"] = "version"
    name["Release Date"] = "release-date"
    name["Manufacturer"] = "manufacturer"
    name["Product Name"] = "product-name"
    name["Serial Number"] = "serial-number"
    name["UUID"] = "uuid"
    name["Asset Tag"] = "asset-tag"
    name["Type"] = "type"
    name["Current Speed"] = "current-speed"
    name["Max Speed"] = "max-speed"
}
/^[^\t]/ { structure = prefix[$0] }
structure && /^\t[A-Z]/ {
    label = substr($0, 2)
    sub(/:.*/, "", label)
    value = $0
    sub(/^[^:]*: */, "", value)
    if (label in name) print structure "-" name[label] "\t" value
}
