# Writes the file that says which versions find_package() may ask for.
include(CMakePackageConfigHelpers)
write_basic_package_version_file("${FILE}" VERSION "${VERSION}" COMPATIBILITY "${COMPATIBLE}")
