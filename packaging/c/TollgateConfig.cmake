# The targets Tollgate::tollgate, which is the shared library, and Tollgate::tollgate_static.
if(NOT TARGET Tollgate::tollgate)
    get_filename_component(_tollgate_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
    add_library(Tollgate::tollgate SHARED IMPORTED)
    set_target_properties(Tollgate::tollgate PROPERTIES
        IMPORTED_LOCATION "${_tollgate_prefix}/lib/libtollgate_c.so.@VERSION@"
        IMPORTED_SONAME libtollgate_c.so.@SERIES@
        INTERFACE_INCLUDE_DIRECTORIES "${_tollgate_prefix}/include")
    add_library(Tollgate::tollgate_static STATIC IMPORTED)
    set_target_properties(Tollgate::tollgate_static PROPERTIES
        IMPORTED_LOCATION "${_tollgate_prefix}/lib/libtollgate_c.a"
        INTERFACE_INCLUDE_DIRECTORIES "${_tollgate_prefix}/include"
        INTERFACE_LINK_LIBRARIES "pthread;dl;m")
    unset(_tollgate_prefix)
endif()
